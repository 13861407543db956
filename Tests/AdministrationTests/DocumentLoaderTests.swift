import Foundation
import Testing

@testable import Administration

@Suite struct DocumentLoaderTests {
    private static func key(_ name: String) -> String { "kind: ContentKey\nname: \(name)\ntype: common\n" }

    @Test func readsFilesAndFoldersInOrder() throws {
        let scratch = try ScratchFolder()
        try scratch.write("p/b.yaml", Self.key("b"))
        try scratch.write("p/a.yml", Self.key("a1") + "---\n" + Self.key("a2"))
        try scratch.write("p/readme.md", "no document")
        try scratch.write("p/below/c.yaml", Self.key("c"))
        try scratch.write("z.txt", Self.key("z"))
        let loader = DocumentLoader(workingFolder: scratch.url)
        let loaded = loader.load(["z.txt", "p", "p/b.yaml", scratch.url.path + "/p/"])
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        #expect(loaded.documents.map(\.document.name) == ["z", "a1", "a2", "b"])
        #expect(
            loaded.documents.map(\.position.description) == ["z.txt:1:1", "p/a.yml:1:1", "p/a.yml:5:1", "p/b.yaml:1:1"])
    }

    @Test func reportsWhatCannotBeRead() throws {
        let scratch = try ScratchFolder()
        try scratch.write("empty/readme.md", "")
        try scratch.write("large.yaml", String(repeating: "# \n", count: 400_000))
        try scratch.write("good.yaml", Self.key("k"))
        try scratch.write("bad.yaml", "kind: X")
        try Data([0x61, 0xFF]).write(to: scratch.url.appending(path: "binary.yaml"))
        let loaded = DocumentLoader(workingFolder: scratch.url)
            .load(["none", "empty", "large.yaml", "good.yaml", "bad.yaml", "binary.yaml"])
        #expect(
            loaded.errors.map(\.description) == [
                "none:1:1: does not exist", "empty:1:1: no *.yaml or *.yml file in this folder",
                "large.yaml:1:1: is larger than 256 KiB",
                "bad.yaml:1:7: 'kind' knows no 'X': known are AuthorizationPolicy, DeliveryPolicy, AccessPolicy, Filter, "
                    + "StreamingEndpoint, NotificationEndpoint, Transform, IngestRules, ContentKey",
                "binary.yaml:1:1: is not a text in UTF-8",
            ])
        #expect(loaded.documents.map(\.document.name) == ["k"])
    }

    /// What a reviewer reads first must hold: every file of Policies and Keys is loaded and valid.
    @Test func theRepositorysDocumentsAreValid() throws {
        for folder in ["Policies", "Keys"] {
            let loaded = DocumentLoader(workingFolder: repository).load([folder])
            #expect(loaded.errors.isEmpty, "\(loaded.errors)")
            #expect(!loaded.documents.isEmpty)
            let names = try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: folder).path)
            for name in names where name.hasSuffix(".pem") {
                let text = try String(contentsOf: repository.appending(path: folder + "/" + name), encoding: .utf8)
                _ = try PublicKeyPEM(text: text)
            }
            #expect(
                names.allSatisfy {
                    [".yaml", ".pem", ".md"].contains($0.suffix(from: $0.lastIndex(of: ".") ?? $0.startIndex))
                })
        }
    }
}

/// What travels to a server when documents are applied there.
@Suite struct DocumentSourceTests {
    @Test func aPrivateKeyThatWasNamedByMistakeDoesNotTravel() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keyway-sources-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let secret = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"
        try Data(secret.utf8).write(to: folder.appending(path: "k.pem"))
        let document = """
            kind: AuthorizationPolicy
            name: p
            options:
              - name: o
                delivery: [aes]
                restrictions:
                  - token: { type: jwt, issuer: i, audience: a, verificationKeys: [{ pem: k.pem, algorithms: [ES256] }] }
            """
        try Data(document.utf8).write(to: folder.appending(path: "p.yaml"))
        let sources = DocumentLoader(workingFolder: folder).sources(["p.yaml"])
        let sent = String(decoding: try JSONEncoder().encode(sources), as: UTF8.self)
        #expect(!sent.contains("MIGHAgEAMBMGByqGSM49"))
        let loaded = DocumentLoader.parse(sources)
        #expect(loaded.errors.count == 1)
        #expect(loaded.errors.first?.message.contains("is a private key") == true)
        #expect(loaded.errors == DocumentLoader(workingFolder: folder).load(["p.yaml"]).errors)
    }
}
