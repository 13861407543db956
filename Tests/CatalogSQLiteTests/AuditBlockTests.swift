import Catalog
import Foundation
import GRDB
import TestSupport
import Testing

@testable import CatalogSQLite

/// A store that takes no writes: everybody is refused, and when it takes them again, everything goes on by itself.
@Suite(.waiting) struct AuditBlockTests {
    private let file = DatabaseFile()
    private let catalog: SQLiteCatalog

    init() throws {
        catalog = try file.open()
    }

    private func event(_ detail: String) -> AuditEvent {
        var event = AuditEvent(time: Fixture.now, action: .keyGranted)
        event.detail = detail + " padding"
        return event
    }

    /// Whether it was written.
    private func write(_ detail: String, to store: SQLiteCatalog? = nil) async -> Bool {
        do {
            try await (store ?? catalog).appendAudit([event(detail)])
            return true
        } catch {
            #expect((error as? CatalogError)?.code == .unavailable)
            return false
        }
    }

    private func details() async throws -> [String] {
        var chain = AuditChain.Verifier()
        return try await catalog.auditRecords(after: 0, limit: 100_000).map { record in
            #expect(chain.verify(record) == nil)
            let event = try AuditChain.event(of: record)
            return event.action == .auditResumed ? "resumed" : event.detail?.components(separatedBy: " ").first ?? ""
        }
    }

    private func endsBlocked() async throws {
        for _ in 0..<1200 where catalog.auditBlock() != nil { try await Task.sleep(for: .milliseconds(50)) }
        #expect(catalog.auditBlock() == nil)
    }

    /// Writes before, during and after; `start` blocks the store, `end` lets it go.
    private func expectBlock(
        start: () async throws -> Void, end: () async throws -> Void
    ) async throws {
        #expect(await write("before"))
        try await start()
        var written: [String] = []
        var number = 0
        while catalog.auditBlock() == nil, number < 5000 {
            if await write("n\(number)") { written.append("n\(number)") }
            number += 1
        }
        let block = try #require(catalog.auditBlock())
        #expect(!block.reason.isEmpty && block.refused > 0)
        // Without asking the store, whose every try waits for a lock.
        for _ in 0..<50 { #expect(await !write("refused")) }
        // The tries do not end it.
        try await Task.sleep(for: .milliseconds(1500))
        #expect(catalog.auditBlock()?.refused == block.refused + 50)
        try await end()
        try await endsBlocked()
        #expect(await write("after"))
        #expect(try await details() == ["before"] + written + ["resumed", "after"])
    }

    @Test func aFullStore() async throws {
        try await expectBlock(
            start: {
                try await catalog.pool.writeWithoutTransaction { database in
                    let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                    try database.execute(sql: "PRAGMA max_page_count = \(pages + 3)")
                }
            },
            end: {
                try await catalog.pool.writeWithoutTransaction {
                    try $0.execute(sql: "PRAGMA max_page_count = 1000000")
                }
            })
    }

    @Test func aReadOnlyStore() async throws {
        try await expectBlock(
            start: { try await catalog.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 1") } },
            end: { try await catalog.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 0") } })
    }

    @Test func aLockedStore() async throws {
        let other = try neighbour()
        try await expectBlock(
            start: { try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") } },
            end: { try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") } })
    }

    /// A connection that may keep a lock.
    private func neighbour() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: file.path, configuration: configuration)
    }

    /// Waits for what a busy machine may take its time for.
    private func until(_ holds: () -> Bool) async throws {
        for _ in 0..<6000 where !holds() { try await Task.sleep(for: .milliseconds(10)) }
        try #require(holds())
    }

    /// In a server, whose decisions stand behind every write.
    @Test func ordinaryWritesWaitNoLongerThanDecisions() async throws {
        func timeout(_ catalog: SQLiteCatalog) async throws -> Int? {
            try await catalog.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA busy_timeout") }
        }
        let catalog: any CatalogEngine = try SQLiteCatalog(path: file.path, auditLockTimeout: 1234)
        let engine = try #require(catalog as? SQLiteCatalog)
        #expect(try await timeout(engine) == AuditCommitter.ordinaryLockTimeout)
        #expect(await write("a", to: engine))
        #expect(try await timeout(engine) == AuditCommitter.ordinaryLockTimeout)
        // As a server does, which knows no more of it than this.
        try await catalog.shortenLockWaits()
        #expect(try await timeout(engine) == 1234)
        #expect(await write("b", to: engine))
        #expect(try await timeout(engine) == 1234)
    }

    /// A short lock of another process is waited for.
    @Test func aShortLockIsWaitedFor() async throws {
        let catalog = try SQLiteCatalog(path: file.path, auditLockTimeout: 120_000)
        let other = try neighbour()
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        async let written = write("a", to: catalog)
        try await until { catalog.committer.holdsABatch }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(await written)
        #expect(catalog.auditBlock() == nil)
    }

    /// Decisions of a commit that failed over one of them are committed one by one. When the store takes no writes in the
    /// middle of that, the rest does not wait for it again and again.
    @Test func aStoreThatIsFullInTheMiddleOfABatchIsTriedOnce() async throws {
        let catalog = try SQLiteCatalog(path: file.path, auditLockTimeout: 120_000)
        try await catalog.pool.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    CREATE TRIGGER poison BEFORE INSERT ON auditBatch WHEN instr(CAST(NEW.events AS TEXT), 'poison')
                    BEGIN SELECT RAISE(ABORT, 'poison'); END
                    """)
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 1)")
        }
        let other = try neighbour()
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        // What waits for the lock holds up the others, which then come together.
        async let first = write("first", to: catalog)
        try await until { catalog.committer.holdsABatch }
        // It does not get smaller when it is stored.
        let large = (0..<2500).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        async let refused = withTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    await write(number == 0 ? "poison \(large)" : "\(number) \(large)", to: catalog) ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        try await until { catalog.committer.waitingCount == 20 }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(await first)
        #expect(await refused == 20)
        // All but the one that was refused for what it was. A store that is full may still have room for the record that it
        // was, a second later.
        let resumed = try await catalog.auditRecords(after: 0, limit: 100).map(AuditChain.event)
            .first { $0.action == .auditResumed }
        let counted =
            catalog.auditBlock()?.refused
            ?? resumed?.detail?.split(separator: " ").compactMap { Int($0) }.last
        #expect(counted.map { (19...20).contains($0) } == true)
    }
}
