import Adapters
import Catalog
import Foundation
import Policies
import Testing

/// Whoever lets go of a data folder keeps none of its descriptors.
@Suite struct InstallationClosingTests {
    /// The files below a folder that this process has open, removed ones too.
    private static func open(below folder: String) -> [String] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return numbers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0) }
            .filter { $0.hasPrefix(folder) }
    }

    @Test func aDataFolderThatIsLetGoOfIsClosed() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-let-go-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let installation = try await Installation.open(dataFolder: folder)
            try await installation.catalog.apply([
                .putSecret(try installation.makeSecret(named: "a", value: [1, 2, 3]))
            ])
            await installation.watch.look()
            #expect(try installation.withSecret(named: "a") { Array($0) } == [1, 2, 3])
            #expect(!Self.open(below: folder).isEmpty)
        }
        // The last one to let go may be a thread of the database's.
        for _ in 0..<1000 where !Self.open(below: folder).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(Self.open(below: folder).isEmpty)
    }
}
