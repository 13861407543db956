import Foundation
import Testing

@testable import WebConsole

/// What the console's pages may reach.
@Suite struct ConsolePolicyTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://media.example.com", "https://media.example.com"),
        ("https://media.example.com/base/path?x=1", "https://media.example.com"),
        ("HTTPS://keys.example.com:8443/keys/aes?kid=kid", "https://keys.example.com:8443"),
        ("http://[::1]:8080", "http://[::1]:8080"), ("media.example.com", "media.example.com:*"),
    ])
    func whatIsNamedMayBeReached(text: String, source: String) {
        #expect(ContentPolicy.source(text) == source)
    }

    /// Nothing that a policy or an endpoint says can end the directive or name more than one host.
    @Test(arguments: [
        "", "http://", "https://x; script-src *", "x; default-src *", "https://*.example.com", "*", "'unsafe-inline'", "data:",
        "javascript:alert(1)", "ftp://example.com", "a b", "a,b", "https://a b", "https://a\u{0}", "https://a'b", "https://ü",
    ])
    func whatIsNoHostIsLeftOut(text: String) throws {
        guard let source = ContentPolicy.source(text) else { return }
        // A host in another script is written in its encoded form, or not at all.
        let characters = source.unicodeScalars.filter { !$0.isASCII || " ;,*'\"".unicodeScalars.contains($0) }
        #expect(characters.isEmpty, "\(source)")
    }

    @Test func theConsoleItselfReachesItsOwnListenerOnly() {
        for forbidden in ["unsafe", "http:", "https:", "*", "blob:", "data:", "connect-src"] {
            #expect(!ContentPolicy.console.contains(forbidden))
        }
        #expect(ContentPolicy.console.contains("default-src 'self'"))
        #expect(ContentPolicy.console.contains("frame-ancestors 'none'"))
        let player = ContentPolicy.player(ConsolePlayback(sources: ["http://127.0.0.1:1", "x;y"], licence: nil))
        #expect(player.contains("connect-src 'self' http://127.0.0.1:1;"))
        #expect(!player.contains("unsafe"))
    }

    /// A file of the folder that nothing serves, or one that is served and is not there.
    @Test func everyFileIsServed() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/WebConsole/Console")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count > 10)
        for name in names {
            let file = try #require(ConsoleFile(name), "\(name)")
            #expect(Data(file.bytes) == (try Data(contentsOf: folder.appending(path: name))))
        }
        #expect(ConsoleFile("../Package.swift") == nil)
    }

    /// What could turn a text into markup or a script, or ask another server: the browser would refuse it, and nobody should
    /// write it.
    @Test func noFileCanMakeMarkupOfText() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/WebConsole/Console")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for sink in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "localStorage",
                "document.cookie", "style=\"", "<script>", " onclick=\"", "@import", "url(",
            ] {
                #expect(!text.contains(sink), "\(name): \(sink)")
            }
            #expect(text.split(separator: "\n").count <= 600)
        }
    }
}
