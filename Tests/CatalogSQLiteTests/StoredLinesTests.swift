import Catalog
import Foundation
import GRDB
import Policies
import TestSupport
import Testing

@testable import CatalogSQLite

/// Events that were committed together are stored smaller than they are, and are the same again.
@Suite struct StoredLinesTests {
    private func lines(_ count: Int) -> [UInt8] {
        var lines = AuditLines()
        for number in 0..<count {
            var event = AuditEvent(time: Fixture.now.addingTimeInterval(Double(number)), action: .keyGranted)
            event.requestID = "r\(number &* 2_654_435_761 % 1_000_003)"
            event.policy = "policy"
            lines.append(AuditEntry(event))
        }
        return lines.bytes
    }

    @Test(arguments: [0, 1, 5, 20, 64, 1000, 20_000]) func theyAreTheSameAgain(count: Int) {
        let lines = lines(count)
        let stored = StoredLines(of: lines)
        #expect(StoredLines(bytes: stored.bytes).lines == lines)
        #expect(count < 64 ? stored.bytes.count <= lines.count : stored.bytes.count < lines.count / 3)
    }

    /// What has nothing in common is stored as it is, and so is what is short.
    @Test func whatDoesNotGetSmallerStaysAsItIs() {
        var generator = SystemRandomNumberGenerator()
        let noise = [UInt8(ascii: "{")] + (0..<5000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(StoredLines(of: noise).bytes == noise)
        let short = lines(3)
        #expect(StoredLines(of: short).bytes == short)
    }

    /// Ten thousand changed blocks give what they held or nothing, and none takes more memory than its size allows.
    @Test func changedBlocks() throws {
        var random = Seeded(state: 11)
        let lines = lines(64)
        let stored = StoredLines(of: lines).bytes
        #expect(stored.first == 1)
        for _ in 0..<10_000 {
            var bytes = stored
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                case 1: bytes.append(UInt8.random(in: 0...255, using: &random))
                case 2:
                    bytes[Int.random(in: 0..<min(bytes.count, 5), using: &random)] ^=
                        1 << UInt8.random(in: 0..<8, using: &random)
                default:
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                if bytes.isEmpty { bytes = [1] }
            }
            let read = StoredLines(bytes: bytes).lines
            #expect((read?.count ?? 0) <= bytes.count * 256)
        }
    }

    @Test(arguments: [
        [1], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 255, 255, 255, 255, 0], [1, 127, 255, 255, 255, 0, 0],
    ])
    func noBlockClaimsMoreThanItCanHold(bytes: [UInt8]) {
        #expect(StoredLines(bytes: bytes).lines == nil)
    }

    /// Rows of before, whose many lines are stored as they are, stay readable beside the new ones; and a request is found in
    /// both.
    @Test func rowsOfBefore() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        func events(_ first: Int) -> [AuditEvent] {
            (first..<first + 40).map { number in
                var event = AuditEvent(time: Fixture.now, action: .keyGranted)
                event.detail = "\(number)"
                event.requestID = RequestID.next(at: Fixture.now)
                return event
            }
        }
        let (old, new) = (events(0), events(40))
        try await catalog.appendAudit(old)
        try await DatabaseQueue(path: file.path).write { database in
            let row = try #require(try Row.fetchOne(database, sql: "SELECT * FROM auditBatch"))
            let bytes = Array(row["events"] as Data)
            #expect(bytes.first == 1)
            let lines = try #require(StoredLines(bytes: bytes).lines)
            try database.execute(sql: "UPDATE auditBatch SET events = ?", arguments: [Data(lines)])
        }
        try await catalog.appendAudit(new)
        var chain = AuditChain.Verifier()
        let records = try await catalog.auditRecords(after: 0, limit: 1000)
        for record in records { #expect(chain.verify(record) == nil) }
        #expect(try records.map { try AuditChain.event(of: $0).detail } == (0..<80).map { "\($0)" })
        for event in [old[17], new[17]] {
            let found = try await catalog.auditRecords(ofRequest: try #require(event.requestID), limit: 9)
            #expect(try found.map { try AuditChain.event(of: $0).detail } == [event.detail])
        }
    }

    /// A block that was changed is a broken chain, wherever it is.
    @Test(arguments: [0.1, 0.5, 0.9]) func aChangedBlockIsFound(place: Double) async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await catalog.appendAudit(
            (0..<64).map { number in
                var event = AuditEvent(time: Fixture.now, action: .keyGranted)
                event.detail = "\(number)"
                return event
            })
        try await DatabaseQueue(path: file.path).write { database in
            let row = try #require(try Row.fetchOne(database, sql: "SELECT events FROM auditBatch"))
            var bytes = Array(row["events"] as Data)
            bytes[5 + Int(Double(bytes.count - 6) * place)] ^= 0x15
            try database.execute(sql: "UPDATE auditBatch SET events = ?", arguments: [Data(bytes)])
        }
        var chain = AuditChain.Verifier()
        let records = try await catalog.auditRecords(after: 0, limit: 1000)
        #expect(records.count == 64)
        #expect(records.contains { chain.verify($0) != nil })
    }
}

/// Equal numbers on each run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
