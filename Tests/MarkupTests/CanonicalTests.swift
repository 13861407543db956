import ContentKeys
import Foundation
import Markup
import TestSupport
import Testing

/// Canonical XML, held against lxml's.
@Suite(.waiting) struct CanonicalTests {
    static let text = """
        <?xml version="1.0"?>
        <r:root xmlns:r="urn:r" xmlns="urn:d" xmlns:unused="urn:u" b="2"   a='1 "x"'>
          <part id="p"   r:k="&#9;v">text &amp; &gt; more<!-- gone --><r:leaf/></part>
          <sig><inner xmlns="">x</inner></sig><other xmlns:z="urn:z" z:q=""/>
        </r:root>
        """

    private func outside(_ path: String, _ method: String) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("c14n-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("document.xml")
        try Data(Self.text.utf8).write(to: file)
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let python = tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python").path
        let script = """
            import sys
            from lxml import etree
            root = etree.parse(sys.argv[1]).getroot()
            node = root if sys.argv[2] == '.' else root[int(sys.argv[2])]
            if sys.argv[2] == '.' and sys.argv[4] == 'cut':
                sig = root[1]; before = root[0]; before.tail = (before.tail or '') + (sig.tail or ''); root.remove(sig)
            sys.stdout.buffer.write(etree.tostring(node, method='c14n', exclusive=sys.argv[3] == 'exclusive',
                with_comments=False))
            """
        return Array(
            try Tool.run(
                [python, "-c", script, file.path] + path.split(separator: " ").map(String.init) + [
                    method, "no",
                ]
            ).standardOutput)
    }

    @Test(arguments: ["inclusive", "exclusive"], [".", "0", "1", "2"])
    func isThatOfAnotherReader(method: String, path: String) throws {
        let document = try document(Self.text)
        let element = Int(path).map { document.root.children[$0] } ?? document.root
        let ours = try document.canonical(element, by: method == "inclusive" ? .inclusive : .exclusive(prefixes: []))
        #expect(ours.withUnsafeBytes { Array($0) } == (try outside(path, method)))
    }

    @Test func anElementCanBeLeftOut() throws {
        let document = try document("<a xmlns='urn:a'>1<b>2</b>3<c/></a>")
        let without = try document.canonical(document.root, excluding: document.root.children[0], by: .inclusive)
        #expect(
            without.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == "<a xmlns=\"urn:a\">13<c></c></a>")
    }
}
