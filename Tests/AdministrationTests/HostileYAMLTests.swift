import Foundation
import Policies
import Testing

@testable import Administration

/// Text that is made to cost memory, time or stack.
@Suite(.timeLimit(.minutes(15))) struct HostileYAMLTests {
    private static let bomb = """
        a: &a [x, x, x, x, x, x, x, x, x]
        b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
        c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
        """

    @Test(arguments: [
        (bomb, "f.yaml:1:4"),
        ("a: 1\nb: *x", "f.yaml:2:4"),
        ("? *x\n: 1", "f.yaml:1:3"),
        ("[*x]", "f.yaml:1:2"),
        ("[1,*x]", "f.yaml:1:4"),
        ("{\"a\":*x}", "f.yaml:1:6"),
        ("[?*x : 1]", "f.yaml:1:3"),
        ("*x", "f.yaml:1:1"),
        ("!!str &x y", "f.yaml:1:7"),
        ("a: b\r*x", "f.yaml:1:6"),
        ("a: b\u{85}*x", "f.yaml:1:7"),
        ("\u{FEFF}*x", "f.yaml:1:4"),
        ("a: it's\nb: *x\nc: it's", "f.yaml:2:4"),
        ("[\"# \", *x]", "f.yaml:1:8"),
        ("a: \"\n# \"\nb: &x 1", "f.yaml:3:4"),
        ("a: \"\n  # \" &x", "f.yaml:2:7"),
        ("# it is\r&x y", "f.yaml:1:9"),
        ("a: # &x is refused in a trailing comment too", "f.yaml:1:6"),
    ])
    func anchorsAndAliasesAreRefused(text: String, place: String) {
        #expect(errors(text) == ["\(place): anchors and aliases are not accepted: '&' or '*' may not start a word"])
    }

    @Test(arguments: [
        "a: R&D", "a: 2 * 3", "a: \"https://a/?b=1&c=2\"", "# a *b* &c\na: 1", "a: '&'", "a: x*y", "a: \"{kid}&x=1\"",
    ])
    func textWithTheirSignsIsNot(text: String) {
        #expect(errors(text) == ["f.yaml:\(text.hasPrefix("#") ? 2 : 1):1: a document needs the field 'kind'"])
    }

    @Test(arguments: [33, 100, 999, 5000, 200_000])
    func nestingIsBounded(depth: Int) {
        for (opening, closing) in [("[", "]"), ("{a: ", "}"), ("{", "}"), ("{? ", "}")] {
            let text = String(repeating: opening, count: depth) + String(repeating: closing, count: depth)
            #expect(errors(text).count == 1)
        }
        #expect(errors(String(repeating: "- ", count: depth) + "a").count == 1)
        #expect(errors(String(repeating: "[", count: depth)).count == 1)
    }

    @Test func sizeIsBounded() {
        let text = "kind: ContentKey\n# " + String(repeating: "x", count: 256 << 10)
        #expect(errors(text) == ["f.yaml:1:1: a file of documents has at most 256 KiB"])
    }

    @Test func manyFieldsAndDocumentsEnd() {
        let fields = (0..<10_000).map { "field\($0): 1\n" }.joined()
        #expect(errors("kind: ContentKey\nname: a\ntype: common\n" + fields).count == 10_000)
        #expect(errors(String(repeating: "---\na: b\n", count: 2_000)).count == 1_001)
        let items =
            "kind: AccessPolicy\nname: a\nduration: 1d\npermissions: [" + String(repeating: "read,", count: 40_000)
        #expect(errors(items + "]") == ["f.yaml:4:14: 'permissions' has at most 64 items"])
    }

    @Test(arguments: [
        "\u{0}", "a: \u{1}", "%YAML 9.9\n---\na", "%TAG ! !\n%TAG ! !\n--- a", "\"", "'", "[", "{", "a: b: c", "\t- a",
        "a\n- b", "--- |\n x\n---", "!<", "? ", "- - -", ": ", "\"\\uD800\"", "\"\\x\"", "a: |9\n x", "@a", "`a",
        "!!binary '*'", "kind: !!int x", "kind: !ContentKey {}", "{kind: ContentKey, kind: ContentKey}",
        "kind: ContentKey\nname: [[]]\ntype: {a: b}\nkid: [1]\nauthorizationPolicy: {}",
        "kind: AuthorizationPolicy\nname: ~\noptions: [~, 1, [], {}]", "{[a, b]: c}", "{{a: b}: c, {a: b}: d}",
    ])
    func everyTextEndsInErrorsOrDocuments(text: String) {
        let loaded = parse(text)
        #expect(!loaded.errors.isEmpty || loaded.documents.isEmpty)
    }

    /// Every prefix of a good file, and the file with each byte replaced: errors or documents, nothing else.
    @Test func damagedFilesEnd() throws {
        let good = try String(
            contentsOf: repository.appending(path: "Policies/demo-authorization.yaml"), encoding: .utf8)
        let bytes = Array(good.utf8)
        for length in stride(from: 0, to: bytes.count, by: 7) {
            _ = parse(String(decoding: bytes.prefix(length), as: UTF8.self))
        }
        for (position, byte) in zip(
            stride(from: 3, to: bytes.count, by: 11), [0x00, 0x5B, 0x7D, 0x3A, 0x22, 0xFF, 0x0A] as [UInt8])
        {
            var damaged = bytes
            damaged[position] = byte
            _ = parse(String(decoding: damaged, as: UTF8.self))
        }
    }

    /// libyaml itself is the judge: whatever it reads as an alias, the guard has seen before.
    @Test func noAliasGetsPastTheGuard() {
        let pieces = [
            "*z", "*z", "*z", "a", "'", "\"", " ", " ", "\n", "\n  ", "#", " #", "[", "]", "{", "}", ",", ":", ": ",
            "? ", "- ", "|", ">", "!t ", "\\", "\t", "\r", "\u{85}", "\u{2028}", "\u{FEFF}", "%", "&y ", "---\n",
            "...\n",
        ]
        // A fixed sequence (Knuth's MMIX generator), so that a failure comes again.
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var aliases = 0
        for _ in 0..<60_000 {
            let text = (0..<(2 + next(9))).map { _ in pieces[next(pieces.count)] }.joined()
            let scope = DocumentScope(file: "f", folder: repository)
            _ = YAMLReader.compose(text, scope: scope)
            guard scope.errors.contains(where: { $0.message.contains("undefined alias") }) else { continue }
            aliases += 1
            #expect(AliasGuard.find(in: text) != nil, "\(text.debugDescription)")
        }
        #expect(aliases > 1000)
    }

    /// The documents of the cookbook, damaged: errors or a policy, never a trap, and nothing that is granted without a word
    /// of it in the document.
    @Test func damagedPolicies() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("Documentation/policies-cookbook.md"), encoding: .utf8)
        let documents = page.components(separatedBy: "```yaml\n").dropFirst().map {
            Array($0.components(separatedBy: "```")[0].utf8)
        }
        #expect(documents.count > 8)
        var state: UInt64 = 47
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(bound, 1)))
        }
        for number in 0..<10_000 {
            var bytes = documents[number % documents.count]
            for _ in 0...next(3) {
                let position = next(bytes.count)
                switch next(4) {
                case 0: bytes[position] = UInt8(32 + next(95))
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(Array("\n :-{}[],\"'&*#!|>".utf8)[next(17)], at: position)
                default: bytes.removeSubrange(position..<min(bytes.count, position + 1 + next(20)))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let loaded = DocumentLoader.parse(text, file: "f.yaml", folder: root.appendingPathComponent("Policies"))
            for located in loaded.documents where loaded.errors.isEmpty {
                guard case .authorizationPolicy(let policy) = located.document else { continue }
                for option in policy.options where option.restrictions.contains(.open) {
                    #expect(text.contains("open"))
                }
            }
        }
    }
}
