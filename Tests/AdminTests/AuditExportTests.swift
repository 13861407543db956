import Administration
import Catalog
import Foundation
import GRDB
import TestSupport
import Testing

/// Exports, verified by a program that knows Documentation/audit.md and nothing else.
@Suite(.waiting) struct AuditExportTests {
    private let desk: Desk

    init() throws {
        desk = try Desk()
    }

    private func write(_ count: Int, from first: Int = 0) async throws {
        for number in first..<first + count {
            var event = AuditEvent(time: moment.addingTimeInterval(Double(number) * 60), action: .keyGranted)
            event.detail = "\(number) \"quoted\" \\ \n\t ü 🔑 \"event\":"
            try await desk.catalog.appendAudit(number.isMultiple(of: 2) ? [event, event] : [event])
        }
    }

    private func lines(_ from: String? = nil, _ to: String? = nil, limit: Int = 7) async throws -> [String] {
        var lines: [String] = []
        var after: Int64?
        repeat {
            let page = try await desk.operator(.reader).perform(
                ExportAudit(from: from, to: to, after: after, limit: limit))
            lines += page.lines
            after = page.next.flatMap { Int64($0) }
        } while after != nil
        return lines
    }

    private func judge(_ lines: [String], checkpoint: String? = nil) async throws -> [String: Int]? {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let key = try await desk.operator(.reader).perform(ShowAuditKey()).pem
        let name = "\(desk.folder.path)/\(UUID().uuidString)"
        try (lines.joined(separator: "\n") + "\n").write(toFile: name, atomically: true, encoding: .utf8)
        try key.write(toFile: name + ".pem", atomically: true, encoding: .utf8)
        var arguments = [
            "\(repository)/.tools/venv/bin/python", "\(repository)/Tests/Audit/verify_export.py", name, name + ".pem",
        ]
        if let checkpoint {
            try checkpoint.write(toFile: name + ".json", atomically: true, encoding: .utf8)
            arguments.append(name + ".json")
        }
        guard let tool = try? Tool.run(arguments) else { return nil }
        return try JSONDecoder().decode([String: Int].self, from: tool.standardOutput)
    }

    private func sign() async throws -> AuditCheckpoint { try await desk.operator().perform(SignAudit()) }

    @Test func anExportVerifiesElsewhere() async throws {
        try await write(10)
        let kept = try await sign()
        try await write(10, from: 10)
        _ = try await sign()
        try await write(1, from: 20)
        let all = try await lines()
        #expect(try await judge(all, checkpoint: kept.line) == ["after": 0, "records": 32, "last": 32, "signed": 30])
        // The same, whatever the page.
        #expect(try await lines(limit: 1000) == all)
        #expect(try await lines(limit: 1) == all)
        // From a record on, as an export that goes on: the two joined are the whole.
        let (start, rest) = (try await lines(nil, "12"), try await lines("13"))
        #expect(start + rest.dropFirst() == all)
        #expect(try await judge(rest) == ["after": 12, "records": 20, "last": 32, "signed": 30])
        #expect(try await lines("33").count == 1)
    }

    @Test func changedExportsAreFound() async throws {
        try await write(10)
        let kept = try await sign()
        try await write(4, from: 10)
        _ = try await sign()
        let all = try await lines()
        for position in 1..<all.count {
            var changed = all
            changed[position] = changed[position].replacing("0", with: "1")
            if changed != all { #expect(try await judge(changed) == nil, "line \(position)") }
            if position < all.count - 1 {
                changed = all
                changed.remove(at: position)
                // A checkpoint in the middle may only be missed by its follower.
                #expect(try await judge(changed, checkpoint: kept.line) == nil, "line \(position)")
            }
        }
    }

    @Test func timesCutTheLog() async throws {
        try await write(10)
        _ = try await sign()
        func time(_ minutes: Double) -> String {
            ISO8601DateFormatter().string(from: moment.addingTimeInterval(minutes * 60))
        }
        // Records 1 and 2 are of minute 0, record 3 of minute 1, records 4 and 5 of minute 2.
        let some = try await lines(time(1), time(3))
        #expect(try await judge(some) == ["after": 2, "records": 3, "last": 5, "signed": 0])
        #expect(try await lines(time(-5)).count == 17)
        #expect(try await lines(time(100)).count == 1)
    }

    @Test(arguments: ["0", "x", "-1", "99999999999999999999", "17", "2027-01-31"])
    func wrongBoundsAreRefused(from: String) async throws {
        try await write(10)
        #expect(await refusal { _ = try await lines(from) } == .invalid)
    }

    @Test func aChangedRecordIsNotExported() async throws {
        try await write(10)
        let queue = try DatabaseQueue(path: desk.folder.path + "/catalog.sqlite")
        // A line break in the last event of a row would otherwise make lines of its own.
        try await queue.write { database in
            try database.execute(
                sql: "UPDATE auditBatch SET events = CAST(events || x'0a' || '{\"record\":99}' AS BLOB) WHERE first = 3"
            )
        }
        #expect(await refusal { _ = try await lines() } == .corrupt)
        #expect(try await lines(nil, "2").count == 3)
    }

    @Test func aPrunedLogIsExportedFromWhereItBegins() async throws {
        try await write(10)
        _ = try await sign()
        try await write(4, from: 10)
        _ = try await desk.operator(now: moment.addingTimeInterval(9000)).perform(
            PruneAudit(before: moment.addingTimeInterval(8000)))
        let left = try await lines()
        #expect(try await judge(left) == ["after": 15, "records": 7, "last": 22, "signed": 22])
    }
}
