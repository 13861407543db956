import Catalog
import CatalogSQLite
import Foundation
import Testing

/// What waited too long for its place in the audit log is decided again.
@Suite struct DecisionWaitTests {
    private final class Store {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-wait-\(UUID().uuidString)")
            .path
        let catalog: SQLiteCatalog

        init() throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        }

        deinit {
            try? FileManager.default.removeItem(atPath: folder)
        }

        func details() async throws -> [String?] {
            try await catalog.auditRecords(after: 0, limit: 100).map { try AuditChain.event(of: $0).detail }
        }
    }

    /// Long ago, or now: time does not make it another event.
    private func event(_ detail: String, _ number: Int) -> AuditEvent {
        var event = AuditEvent(time: Date(timeIntervalSince1970: 1_800_000_000 + Double(number)), action: .keyExchanged)
        event.detail = detail
        return event
    }

    /// Takes the first of several decisions at each turn, and the last again and again.
    private func settle(_ turns: [[String]], longest: Duration) async throws -> (decided: [String], written: [String?])
    {
        let store = try Store()
        var number = -1
        let decided = try await DecisionWait.settle(in: store.catalog, longest: longest) {
            number += 1
            let decided = turns[min(number, turns.count - 1)]
            return (decided, decided.map { event($0, number) })
        }
        return (decided, try await store.details())
    }

    @Test func whatDidNotWaitIsDecidedOnce() async throws {
        let outcome = try await settle([["a", "b"], ["c"]], longest: .seconds(3600))
        #expect(outcome.decided == ["a", "b"] && outcome.written == ["a", "b"])
    }

    @Test func whatWaitedIsAsItIsThen() async throws {
        let changed = try await settle([["a", "b"], ["a", "c"]], longest: .nanoseconds(-1))
        #expect(changed.decided == ["a", "c"] && changed.written == ["a", "b", "c"])
        let same = try await settle([["a", "b"]], longest: .nanoseconds(-1))
        #expect(same.decided == ["a", "b"] && same.written == ["a", "b"])
        // What was written last is what was answered, also of what comes back.
        let back = try await settle([["given"], ["denied"], ["given"]], longest: .nanoseconds(-1))
        #expect(back.decided == ["given"] && back.written == ["given", "denied", "given"])
        let gone = try await settle([["given"], [], ["given"]], longest: .nanoseconds(-1))
        #expect(gone.decided == [] && gone.written == ["given"])
        let nothing = try await settle([[]], longest: .nanoseconds(-1))
        #expect(nothing.decided.isEmpty && nothing.written.isEmpty)
    }

    /// One that is another each time is never good when it is written.
    @Test func aStoreThatIsTooSlowGivesNothing() async throws {
        await #expect(throws: CatalogError.self) {
            try await settle((0..<100).map { ["\($0)"] }, longest: .nanoseconds(-1))
        }
    }
}
