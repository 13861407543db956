import Administration
import AzureImport
import ContentKeys
import Foundation
import Glibc
import Policies
import Testing

/// A folder as people keep it: exports, in folders, and whatever else came to lie there.
@Suite struct ExportFilesTests {
    private final class Folder: Sendable {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-exports-\(UUID().uuidString)")
            .path

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func write(_ name: String, _ bytes: Data) throws {
            let url = URL(fileURLWithPath: path).appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try bytes.write(to: url)
        }

        func read() -> ImportedItems { AzureImport.read(ExportFiles.sources([path])) }
    }

    private let policy = Data(RefusalTests.policy(RefusalTests.token).utf8)

    @Test func whatIsNoExportIsNamedAndTheRestIsImported() throws {
        let folder = try Folder()
        try folder.write("policy.json", policy)
        try folder.write("film.mp4", Data(repeating: 7, count: 5 << 20))
        try folder.write("notes.txt", Data("what we did".utf8))
        try folder.write("page.html", Data("<!doctype html><p>Not found<br>".utf8))
        try folder.write("settings.ini", Data("[paths]\nmedia = /srv\n".utf8))
        try folder.write(".hidden", Data("{".utf8))
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        let items = folder.read()
        #expect(items.errors.isEmpty && items.authorizationPolicies.count == 1)
        let left = items.findings.filter { $0.outcome == .refused }.map(\.place.file)
        let names = ["film.mp4", "notes.txt", "page.html", "pipe", "settings.ini"]
        #expect(left == names.map { "\(folder.path)/\($0)" } && items.findings.count == left.count)
    }

    @Test func foldersWithinFoldersAreRead() throws {
        let folder = try Folder()
        try folder.write("v3/policies/policy.json", policy)
        try folder.write("v2/notes.txt", Data("x".utf8))
        // Leads round.
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/v3/up", withDestinationPath: folder.path)
        let items = folder.read()
        #expect(items.errors.isEmpty && items.authorizationPolicies.count == 1)
        #expect(items.findings.map(\.place.file) == ["v2/notes.txt", "v3/up"].map { "\(folder.path)/\($0)" })
        let deep = (0..<10).map { "\($0)" }.joined(separator: "/")
        try folder.write("deep/\(deep)/policy.json", policy)
        #expect(folder.read().errors.count == 1)
    }

    /// What cannot be read and may be an export stops everything: it may be the account's own, which restricts all keys.
    @Test func whatMayBeAnExportStopsEverything() throws {
        for (name, bytes) in [
            ("big.json", Data("{\"value\":[".utf8) + Data(repeating: 0x20, count: 5 << 20)),
            ("account.json", Data("{\"id\":\"/subscriptions/".utf8)),
        ] {
            let folder = try Folder()
            try folder.write("policy.json", policy)
            try folder.write(name, bytes)
            #expect(folder.read().errors.map(\.place.file) == ["\(folder.path)/\(name)"])
        }
    }

    @Test func tooManyFilesAreRefusedTogether() throws {
        let folder = try Folder()
        for number in 0...AzureImport.mostFiles { try folder.write("f/\(number).txt", Data("x".utf8)) }
        #expect(folder.read().errors.count == 1)
    }
}
