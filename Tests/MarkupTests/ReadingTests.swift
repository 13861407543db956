import ContentKeys
import Foundation
import Markup
import TestSupport
import Testing

func document(_ text: String, limits: MarkupLimits = MarkupLimits()) throws -> MarkupDocument {
    try document(Array(text.utf8), limits: limits)
}

func document(_ bytes: [UInt8], limits: MarkupLimits = MarkupLimits()) throws -> MarkupDocument {
    try bytes.withUnsafeBytes { try MarkupDocument($0, limits: limits) }
}

@Suite struct ReadingTests {
    @Test func namesAreResolvedAndPlacesKnown() throws {
        let root = try document(
            """
            \u{FEFF}<?xml version="1.0" encoding="utf-8"?>
            <!-- a comment with <tags> -->
            <a:list xmlns:a="urn:a" xmlns="urn:b"
                    x="1 &lt; 2" a:x="&#x41;">
              <item>one<!-- not two -->, <![CDATA[<two>]]></item><none/></a:list>
            """
        ).root
        #expect(root.name == MarkupName("urn:a", "list"))
        #expect(root.attribute("x") == "1 < 2")
        #expect(root.attribute("x", namespace: "urn:a") == "A")
        #expect(root.attributes.count == 2)
        #expect(root.position == MarkupPosition(line: 3, column: 1))
        #expect(root.children.map(\.name) == [MarkupName("urn:b", "item"), MarkupName("urn:b", "none")])
        #expect(root.children[0].text == "one, <two>")
        #expect(root.children[0].position == MarkupPosition(line: 5, column: 3))
        #expect(root.isTextBlank && root.children[1].text == "")
        #expect(root.contains(root.children[1]) && !root.children[0].contains(root.children[1]))
    }

    @Test func lengthyTextIsOnePiece() throws {
        let text = String(repeating: "A&amp;", count: 100_000)
        #expect(try document("<a>\(text)</a>").root.textBytes.count == 200_000)
    }

    static let laughs = """
        <?xml version="1.0"?>
        <!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
        <lolz>&lol2;</lolz>
        """

    @Test(arguments: [
        (laughs, "2:1: document types"), ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "1:1: document types"),
        ("<a>\n <!ENTITY x 'y'></a>", "2:2: document types"), ("<a>&lol;</a>", "not well-formed"),
        ("<?xml-stylesheet href='x'?><a/>", "processing"), ("<a><?php x?></a>", "1:4: processing"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "UTF-8"), ("<a", "does not end"),
        ("<a>", "not well-formed"),
        ("", "not well-formed"), ("<a/><b/>", "not well-formed"), ("<a b='1' b='2'/>", "not well-formed"),
        ("<a></b>", "not well-formed"), ("<a><!-- x", "does not end"), ("<a><![CDATA[ x</a>", "does not end"),
        ("<a b='<'/>", "'<' within a tag"), ("<x:a/>", "not well-formed"), ("<a>\u{1}</a>", "not well-formed"),
        ("</a>", "not well-formed"), ("text", "not well-formed"), ("<?xml version='1.0'", "does not end"),
    ])
    func whatIsNotTaken(text: String, reason: String) {
        let error = #expect(throws: MarkupError.self) { try document(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "taken")")
    }

    @Test func otherEncodingsAreNotTaken() throws {
        let utf16 = try #require("<a/>".data(using: .utf16))
        #expect(throws: MarkupError.self) { try document(Array(utf16)) }
        #expect(throws: MarkupError.self) { try document(Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8)) }
    }

    @Test func limitsHold() throws {
        let deep = String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65)
        let many = "<a>" + String(repeating: "<b/>", count: 50_000) + "</a>"
        let attributes = "<a " + (0..<65).map { "a\($0)='' " }.joined() + "/>"
        let flood = "<a " + (0..<400_000).map { "a\($0)='' " }.joined() + "/>"
        let long = "<a b='" + String(repeating: "x", count: 9000) + "'/>"
        let large = "<a>" + String(repeating: "x", count: 4 << 20) + "</a>"
        for (text, reason) in [
            (deep, "nested deeper than 64"), (many, "more than 50000 elements"),
            (attributes, "more than 64 attributes"),
            (flood, "more than 64 attributes"), (long, "longer than 8192"), (large, "longer than 4194304"),
        ] {
            let error = #expect(throws: MarkupError.self) { try document(text) }
            #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "taken")")
        }
        let atLimit = String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)
        #expect(try document(atLimit).root.name.local == "a")
    }

    @Test func errorsDoNotQuoteTheDocument() throws {
        let secret = "FmY0xnWCPCNaSpRG"
        for text in [
            "<a>\(secret)&\(secret);</a>", "<a><\(secret)></a>", "<a b=\(secret)/>", "<a>\(secret)</\(secret)>",
        ] {
            let error = try #require(#expect(throws: MarkupError.self) { try document(text) })
            #expect(!error.description.contains("FmY0"), "\(error.description)")
        }
    }
}
