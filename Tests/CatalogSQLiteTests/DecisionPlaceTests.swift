import Catalog
import Foundation
import GRDB
import Policies
import Synchronization
import TestSupport
import Testing

@testable import CatalogSQLite

/// Those who wait for decisions hear of them where they want to, all of one commit in one go.
@Suite(.waiting) struct DecisionPlaceTests {
    /// Notes what it was given to run.
    private final class Place: CompletionPlace {
        private let runs = Mutex<[Int]>([])
        private let isInside = Mutex(false)

        var identity: ObjectIdentifier { ObjectIdentifier(self) }
        /// How many heard in each go.
        var heard: [Int] { runs.withLock { $0 } }

        func run(_ work: @escaping @Sendable () -> Void) {
            runs.withLock { $0.append(0) }
            isInside.withLock { $0 = true }
            work()
            isInside.withLock { $0 = false }
        }

        func hear() {
            #expect(isInside.withLock { $0 })
            runs.withLock { $0[$0.count - 1] += 1 }
        }
    }

    private func decision(_ detail: String) -> DecisionRecord {
        var event = AuditEvent(time: Fixture.now, action: .keyGranted)
        event.detail = detail
        return DecisionRecord(events: [event])
    }

    /// A connection that keeps everybody else from writing until it rolls back.
    private static func lock(_ file: DatabaseFile) async throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        return queue
    }

    private func until(_ holds: () -> Bool) async throws {
        for _ in 0..<6000 where !holds() { try await Task.sleep(for: .milliseconds(10)) }
        try #require(holds())
    }

    /// While the store is locked, decisions gather: then each place hears once of all of its own.
    @Test func eachPlaceHearsOnceOfACommit() async throws {
        let file = DatabaseFile()
        let catalog = try SQLiteCatalog(path: file.path, auditLockTimeout: 120_000)
        let other = try await Self.lock(file)
        let places = [Place(), Place()]
        let elsewhere = Mutex(0)
        catalog.record(decision("first"), at: places[0]) { _ in places[0].hear() }
        try await until { catalog.committer.holdsABatch }
        for number in 0..<30 {
            let place: Place? = number % 3 < 2 ? places[number % 3] : nil
            catalog.record(decision("\(number)"), at: place) { result in
                #expect((try? result.get()) != nil)
                if let place { place.hear() } else { elsewhere.withLock { $0 += 1 } }
            }
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await until { places[1].heard.reduce(0, +) + elsewhere.withLock { $0 } == 20 }
        #expect(places[0].heard == [1, 10] && places[1].heard == [10])
        #expect(try await catalog.lastAuditSequence() == 31)
    }

    /// Of decisions whose uses are counted and others in one commit, each hears its own count.
    @Test func countsAreEachOnesOwn() async throws {
        let file = DatabaseFile()
        let catalog = try SQLiteCatalog(path: file.path, auditLockTimeout: 120_000)
        let other = try await Self.lock(file)
        let places = [Place(), Place()]
        let counts = Mutex<[UseCount]>([])
        catalog.record(decision("first"), at: nil) { _ in }
        try await until { catalog.committer.holdsABatch }
        let limit = try UseLimitFixture.limit(maximum: 5)
        for number in 0..<12 {
            let isCounted = number.isMultiple(of: 2)
            let entries = [AuditEntry(AuditEvent(time: Fixture.now, action: .keyGranted))]
            let record = isCounted ? DecisionRecord(use: limit) { _ in entries } : decision("\(number)")
            catalog.record(record, at: places[number % 3 == 0 ? 0 : 1]) { result in
                guard let count = try? result.get() else { return }
                if isCounted { counts.withLock { $0.append(count) } } else { #expect(count == .none) }
                places[number % 3 == 0 ? 0 : 1].hear()
            }
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await until { places.reduce(0) { $0 + $1.heard.reduce(0, +) } == 12 }
        #expect(Set(counts.withLock { $0 }) == Set((0..<5).map { UseCount(before: $0) } + [UseCount(before: 5)]))
        var chain = AuditChain.Verifier()
        let records = try await catalog.auditRecords(after: 0, limit: 100)
        for record in records { #expect(chain.verify(record) == nil) }
        #expect(records.count == 13)
    }

    /// A catalog that nobody holds any more still settles what it was given, and its thread ends.
    @Test func whatWasGivenIsSettledWhenTheCatalogIsLetGo() async throws {
        let file = DatabaseFile()
        let settled = Mutex(0)
        weak var committer: AuditCommitter?
        do {
            let catalog = try SQLiteCatalog(path: file.path)
            committer = catalog.committer
            for number in 0..<500 {
                catalog.record(decision("\(number)"), at: nil) { _ in settled.withLock { $0 += 1 } }
            }
        }
        try await until { settled.withLock { $0 } == 500 && committer == nil }
        #expect(try await file.open().lastAuditSequence() == 500)
    }
}
