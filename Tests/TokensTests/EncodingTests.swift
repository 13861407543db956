import Foundation
import Testing

@testable import Tokens

@Suite struct EncodingTests {
    /// RFC 4648, 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64Vectors(text: String, encoded: String) {
        #expect(Base64.encode(text.utf8, .standard) == encoded)
        #expect(Base64.decode(encoded.utf8, .standard) == Array(text.utf8))
        let bare = encoded.replacing("=", with: "")
        #expect(Base64.encode(text.utf8, .urlUnpadded) == bare)
        #expect(Base64.decode(bare.utf8, .urlUnpadded) == Array(text.utf8))
        if bare != encoded {
            #expect(Base64.decode(bare.utf8, .standard) == nil)
            #expect(Base64.decode(encoded.utf8, .urlUnpadded) == nil)
        }
    }

    @Test func base64AgreesWithFoundation() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ length) }
            #expect(Base64.encode(bytes, .standard) == Data(bytes).base64EncodedString())
            #expect(Base64.decode(base64URL(bytes).utf8, .urlUnpadded) == bytes)
        }
    }

    @Test(arguments: [
        "A", "A===", "====", "=", "AA=A", "AA==AAAA", "AB==", "AAB=", "AA= ", " AA==", "AA\n==", "A-A=", "A*==",
    ])
    func notStandardBase64(text: String) {
        #expect(Base64.decode(text.utf8, .standard) == nil)
    }

    @Test(
        arguments: [
            ("{}", .object([])), ("[]", .array([])), (" [ 1 , \"a\" ] ", .array([.number("1"), .string("a")])),
            (#"{"a":{"b":null}}"#, .object([.init(name: "a", value: .object([.init(name: "b", value: .null)]))])),
            (#""\"\\\/\b\f\n\r\té🎬\u00E9\uD83C\uDFAC""#, .string("\"\\/\u{8}\u{C}\n\r\té🎬é🎬")),
            ("true", .boolean(true)),
            ("-0.5E+10", .number("-0.5E+10")), ("0", .number("0")), (#""""#, .string("")),
        ] as [(String, JSONValue)])
    func json(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
        #expect(try JSONReader.read(Array(value.description.utf8)) == value)
        #expect(value.description.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test(arguments: [
        ("", JSONError.Reason.unexpectedEnd, 0), ("{", .unexpectedEnd, 1), ("[1,]", .unexpectedByte, 3),
        ("{\"a\":1,}", .unexpectedByte, 7), ("{\"a\" 1}", .unexpectedByte, 5), ("tru", .unexpectedEnd, 3),
        ("truE", .unexpectedByte, 3), ("1 2", .trailingBytes, 2), ("01", .trailingBytes, 1), ("-", .unexpectedEnd, 1),
        ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), (".5", .unexpectedByte, 0), ("\"a", .unexpectedEnd, 2),
        (#"{"a":1,"a":1}"#, .duplicateMember, 10), (#""\u12""#, .badEscape, 6), ("'a'", .unexpectedByte, 0),
        (String(repeating: "[", count: 13), .tooDeep, 12), (String(repeating: "1", count: 65), .badNumber, 65),
    ])
    func notJSON(text: String, reason: JSONError.Reason, position: Int) {
        #expect(throws: JSONError(reason: reason, position: position)) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test func notUTF8() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xFF]] {
            #expect(throws: JSONError(reason: .notUTF8, position: 0)) { try JSONReader.read(bytes) }
        }
    }
}
