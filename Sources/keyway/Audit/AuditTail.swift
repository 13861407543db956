import Adapters
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
import Policies

struct AuditTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Print the newest audit records, oldest first.")

    @OptionGroup var common: CommonOptions

    @Option(name: [.customShort("n"), .long], help: "How many.")
    var lines = 20

    @Flag(name: .shortAndLong, help: "Go on printing records as they come.")
    var follow = false

    private struct Answer: Report {
        var records: [AuditLine]
        var text: String { records.isEmpty ? "(none)" : records.map(\.text).joined(separator: "\n") }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        var last = max(0, try await catalog.lastAuditSequence() - Int64(max(lines, 0)))
        var records = try await catalog.auditRecords(after: last, limit: max(lines, 0))
        if !follow {
            return try Answer(records: records.map(AuditLine.init)).print(json: common.json)
        }
        while !Task.isCancelled {
            for record in records {
                Terminal.print(try AuditLine(record).text)
                last = record.sequence
            }
            try await Task.sleep(for: .milliseconds(500))
            records = try await catalog.auditRecords(after: last, limit: 1000)
        }
    }

    func validate() throws {
        if follow && common.json { throw ValidationError("--follow does not go with --json") }
    }
}

/// One audit record, for people and scripts.
private struct AuditLine: Encodable {
    var sequence: Int64
    var event: AuditEvent
    var hash: String

    init(_ record: AuditRecord) throws {
        sequence = record.sequence
        event = try AuditChain.event(of: record)
        hash = record.hash.map { String(format: "%02x", $0) }.joined()
    }

    var text: String {
        let fields: [(String, String?)] = [
            ("kid", event.keyID?.description), ("delivery", event.delivery?.rawValue),
            ("client", event.clientAddress), ("policy", event.policy), ("option", event.option),
            ("reason", event.reason), ("detail", event.detail), ("token", event.tokenKind?.rawValue),
            ("issuer", event.tokenIssuer), ("subject", event.tokenSubject), ("jti", event.tokenID),
            ("request", event.requestID),
        ]
        let described = fields.compactMap { name, value in value.map { "\(name)=\(Self.quote($0))" } }
        return "\(sequence)  \(event.time.rfc3339)  \(event.action.rawValue)  \(described.joined(separator: " "))"
    }

    /// Values come from tokens and requests: nothing of them may draw on a terminal or look like another field.
    private static func quote(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        return isPlain ? value : "\(value.debugDescription)"
    }
}
