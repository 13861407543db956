import Catalog
import CatalogSQLite
import Foundation
import Testing

/// Whoever lets go of a catalog keeps none of its descriptors.
@Suite struct DescriptorTests {
    /// The files that this process has open and whose paths begin so.
    private static func open(_ path: String) -> [String] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return numbers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0) }
            .filter { $0.hasPrefix(path) }
    }

    enum Use: String, CaseIterable, Sendable {
        case nothing, change, read, decision, notices, two, deleted
    }

    @Test(arguments: Use.allCases) func aCatalogThatIsLetGoOfIsClosed(use: Use) async throws {
        let file = DatabaseFile()
        do {
            let catalog = try file.open()
            switch use {
            case .nothing: break
            case .change: try await Fixture.asset("film", in: catalog)
            case .read: _ = try await catalog.assets(Page(limit: 1))
            case .decision:
                try await Fixture.asset("film", in: catalog)
                for _ in 0..<20 { _ = try await catalog.asset(named: "film") }
            case .notices: _ = try await catalog.auditRecords(after: 0, limit: 1)
            case .two:
                let other = try file.open()
                try await Fixture.asset("film", in: other)
                _ = try await catalog.assets(Page(limit: 1))
            case .deleted:
                try await Fixture.asset("film", in: catalog)
                for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
            }
            #expect(!Self.open(file.path).isEmpty)
        }
        // The last one to let go may be a thread of the database's.
        for _ in 0..<1000 where !Self.open(file.path).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(Self.open(file.path).isEmpty)
    }
}
