import Administration
import Catalog
import CatalogSQLite
import Foundation
import GRDB
import KeyWrapping
import Testing

/// Checkpoints, verification, export and pruning of the audit log, against somebody who changes the database.
@Suite struct AuditLogTests {
    private let desk: Desk

    init() throws {
        desk = try Desk()
    }

    /// Writes records a minute apart, some in one commit, and signs.
    private func write(_ count: Int, from first: Int = 0) async throws {
        for number in first..<first + count {
            var event = AuditEvent(time: moment.addingTimeInterval(Double(number) * 60), action: .keyGranted)
            event.detail = "number \(number) \"quoted\" \n ü 🔑"
            try await desk.catalog.appendAudit(number % 3 == 0 ? [event, event] : [event])
        }
    }

    @discardableResult
    private func sign(at minute: Double = 0) async throws -> AuditCheckpoint {
        try await desk.operator(now: moment.addingTimeInterval(minute * 60)).perform(SignAudit())
    }

    private func verify(key: String? = nil, checkpoint: String? = nil) async throws -> VerifyAudit.Report {
        try await desk.operator(.reader).perform(VerifyAudit(publicKey: key, checkpoint: checkpoint))
    }

    private var publicKey: String {
        get async throws { try await desk.operator(.reader).perform(ShowAuditKey()).pem }
    }

    /// Changes the database behind the catalog's back.
    private func tamper(_ sql: String, _ arguments: StatementArguments = []) throws {
        let queue = try DatabaseQueue(path: desk.folder.path + "/catalog.sqlite")
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try database.execute(sql: sql, arguments: arguments)
        }
    }

    @Test func anUnsignedLogVerifiesAndSaysSo() async throws {
        try await write(5)
        let report = try await verify()
        #expect(report.intact && report.records == 7 && report.signed == 0 && report.key == nil)
        #expect(await refusal { _ = try await desk.operator().perform(ShowCheckpoint()) } == .missing)
        #expect(await refusal { _ = try await desk.operator().perform(ShowAuditKey()) } == .missing)
    }

    @Test func nothingIsSignedTwice() async throws {
        #expect(await refusal { try await sign() } == .missing)
        try await write(2)
        let first = try await sign()
        #expect(first.checkpoint.record == 3 && first.checkpoint.number == 1)
        #expect(try await sign() == first)
        try await write(1, from: 2)
        let second = try await sign()
        #expect(second.checkpoint.number == 2 && second.checkpoint.previous == first.checkpoint.digest)
        let report = try await verify(key: publicKey, checkpoint: first.line)
        #expect(report.intact && report.checkpoints == 2 && report.signed == 4 && report.records == 4)
        #expect(report.key == first.checkpoint.key)
    }

    @Test func concurrentSignersShareOneKeyAndOneChain() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<5 {
                        try await desk.catalog.appendAudit([AuditEvent(time: moment, action: .keyDenied)])
                        _ = try await desk.operator(now: moment.addingTimeInterval(Double(task * 5 + number))).perform(
                            SignAudit())
                    }
                }
            }
            try await group.waitForAll()
        }
        let report = try await verify(key: publicKey)
        #expect(report.intact && report.records == 40 && report.signed == 40)
        #expect((1...40).contains(report.checkpoints))
    }

    static let changes: [(String, String)] = [
        (
            "UPDATE auditBatch SET events = CAST(replace(events, 'number', 'Number') AS BLOB) WHERE first = 1",
            "record 1"
        ),
        ("DELETE FROM auditBatch WHERE first = 3", "record 3"),
        ("DELETE FROM auditBatch WHERE first >= 12", "its end was cut off"),
        ("DELETE FROM auditBatch", "its end was cut off"),
        ("DELETE FROM auditCheckpoint WHERE number = 1", "checkpoint 1 is missing"),
        ("UPDATE auditCheckpoint SET document = replace(document, '\"time\":1', '\"time\":2')", "signature"),
        ("UPDATE auditCheckpoint SET number = 9 WHERE number = 2", "checkpoint 3 is missing"),
        ("DELETE FROM auditKey", "signing key is gone"),
        ("UPDATE auditKey SET publicKey = zeroblob(32)", "signature"),
    ]

    @Test(arguments: changes) func changesAreFound(sql: String, word: String) async throws {
        try await write(5)
        try await sign()
        try await write(5, from: 5)
        try await sign()
        try await write(1, from: 10)
        #expect(try await verify().intact)
        try tamper(sql)
        let report = try await verify()
        #expect(!report.intact)
        #expect(report.defect?.contains(word) == true, "\(report.defect ?? "")")
    }

    /// Whoever holds the KEK and the database can sign what they like: only what was kept elsewhere shows it.
    @Test func aRewrittenOrShortenedLogIsFoundByWhatWasKept() async throws {
        try await write(5)
        try await sign()
        try await write(5, from: 5)
        let (kept, key) = (try await sign().line, try await publicKey)
        try tamper("DELETE FROM auditBatch WHERE first > 7")
        try tamper("DELETE FROM auditCheckpoint WHERE number > 1")
        #expect(try await verify(key: key).intact)
        let cut = try await verify(key: key, checkpoint: kept)
        #expect(cut.defect?.contains("which you kept, is not in it") == true, "\(cut.defect ?? "")")
        // Rewritten from the start, and signed with the installation's own key.
        try tamper("DELETE FROM auditBatch")
        try tamper("DELETE FROM auditCheckpoint")
        try await write(3)
        try await sign()
        try await write(6, from: 3)
        try await sign()
        #expect(try await verify(key: key).intact)
        let rewritten = try await verify(key: key, checkpoint: kept)
        #expect(rewritten.defect?.contains("is not the one that you kept") == true, "\(rewritten.defect ?? "")")
        // And with another key.
        try tamper("DELETE FROM auditKey")
        try tamper("DELETE FROM auditCheckpoint")
        try await sign()
        #expect(try await verify().intact)
        #expect(try await verify(key: key).defect?.contains("not the one that you kept") == true)
        try tamper("DELETE FROM auditCheckpoint")
        #expect(try await verify(key: publicKey).defect?.contains("nothing of it is signed") == true)
    }

    @Test(arguments: ["", "x", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----"])
    func whatIsNoKeyIsRefused(pem: String) async throws {
        #expect(await refusal { _ = try await verify(key: pem) } == .invalid)
        #expect(await refusal { _ = try await verify(checkpoint: pem) } == .invalid)
    }

    @Test func theKeyMovesWithTheKEKAndOpensUnderNoOther() async throws {
        try await write(1)
        try await sign()
        let record = try #require(try await desk.catalog.auditKey())
        #expect(try await desk.catalog.kekUsage().first?.auditKeys == 1)
        let signature = try desk.wrapping.signAudit(
            [1, 2], publicKey: record.publicKey.bytes, kek: record.kek, ciphertext: record.ciphertext)
        #expect(signature.count == 64)
        var other = record.publicKey.bytes
        other[0] ^= 1
        #expect(throws: KEKError.self) {
            try desk.wrapping.signAudit(
                [1], publicKey: other, kek: record.kek, ciphertext: record.ciphertext)
        }
        await #expect(throws: CatalogError.self) { try await desk.catalog.apply([.insertAuditKey(record)]) }
        #expect(AuditPublicKey(pem: record.publicKey.pem) == record.publicKey)
    }

    @Test func pruningKeepsWhatIsNotSignedAndStillVerifies() async throws {
        try await write(5)
        let first = try await sign()
        try await write(5, from: 5)
        // Everything is old, and only the first records are signed.
        let pruned = try await desk.operator(now: moment.addingTimeInterval(9_000)).perform(
            PruneAudit(before: moment.addingTimeInterval(8_000)))
        #expect(pruned.records == 7 && pruned.through == 7)
        let tombstone = try #require(pruned.checkpoint)
        #expect(tombstone.checkpoint.prunedThrough == 7 && tombstone.checkpoint.prunedHash == first.checkpoint.hash)
        var report = try await verify(key: publicKey, checkpoint: first.line)
        #expect(report.intact && report.pruned == 7 && report.last == 15, "\(report)")
        #expect(report.records == 8 && report.signed == 15)
        #expect(try await desk.catalog.auditRecords(after: 0, limit: 100).first?.sequence == 8)
        #expect(try await desk.events().last?.action == .auditPruned)
        #expect(try await desk.events().last?.actor == "tester")
        // The chain goes on.
        try await write(2, from: 10)
        try await sign()
        report = try await verify(key: publicKey, checkpoint: tombstone.line)
        #expect(report.intact && report.last == 17)
        // What is left may not lose its start unsaid.
        try tamper("DELETE FROM auditBatch WHERE first <= 9")
        #expect(try await verify().defect?.contains("record 8: it is missing") == true)
    }

    @Test func whatIsYoungStays() async throws {
        try await write(9)
        try await sign()
        let young = try await desk.operator(now: moment.addingTimeInterval(86_400)).perform(
            PruneAudit(before: moment.addingTimeInterval(120)))
        #expect(young.records == 0 && young.checkpoint == nil)
        #expect(try await verify().records == 12)
        #expect(
            await refusal { _ = try await desk.operator().perform(PruneAudit(before: moment.addingTimeInterval(1))) }
                == .invalid)
    }

    @Test func scheduleSignsByNumberAndAge() {
        let schedule = AuditSchedule()
        let now = moment
        #expect(!schedule.isDue(newest: 0, last: nil, since: nil, now: now))
        #expect(!schedule.isDue(newest: 9_999, last: nil, since: now, now: now))
        #expect(schedule.isDue(newest: 10_000, last: nil, since: now, now: now))
        #expect(schedule.isDue(newest: 1, last: nil, since: now.addingTimeInterval(-300), now: now))
        #expect(!schedule.isDue(newest: 1, last: nil, since: now.addingTimeInterval(-299), now: now))
    }
}
