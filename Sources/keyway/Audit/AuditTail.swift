import Administration
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
import KeyServer
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
        var records: [ListAudit.Record]
        var text: String { records.isEmpty ? "(none)" : records.map(\.text).joined(separator: "\n") }
    }

    func run() async throws {
        let interface = try await common.makeOperator()
        var records = try await newest(interface)
        if !follow { return try Answer(records: records).print(json: common.json) }
        var last = records.last?.sequence ?? 0
        while !Task.isCancelled {
            for record in records {
                Terminal.print(record.text)
                last = record.sequence
            }
            try await Task.sleep(for: .milliseconds(500))
            records = try await interface.perform(ListAudit(after: last, limit: Self.page)).records
        }
    }

    private static let page = 1000

    private func newest(_ interface: any OperatorInterface) async throws -> [ListAudit.Record] {
        let wanted = max(lines, 0)
        if (1...Self.page).contains(wanted) { return try await interface.perform(ListAudit(limit: wanted)).records }
        guard wanted > 0 else { return [] }
        var after = max(0, try await interface.perform(ListAudit(limit: 1)).last - Int64(clamping: wanted))
        var records: [ListAudit.Record] = []
        while records.count < wanted {
            let page = try await interface.perform(
                ListAudit(after: after, limit: min(Self.page, wanted - records.count)))
            guard let last = page.records.last else { break }
            records += page.records
            after = last.sequence
        }
        return records
    }

    func validate() throws {
        if follow && common.json { throw ValidationError("--follow does not go with --json") }
    }
}

extension ListAudit.Record {
    fileprivate var text: String {
        let fields: [(String, String?)] = [
            ("kid", event.keyID?.description), ("delivery", event.delivery?.rawValue),
            ("client", event.clientAddress), ("policy", event.policy), ("option", event.option),
            ("reason", event.reason), ("detail", event.detail), ("token", event.tokenKind?.rawValue),
            ("issuer", event.tokenIssuer), ("subject", event.tokenSubject), ("jti", event.tokenID),
            ("actor", event.actor), ("request", event.requestID),
        ]
        let described = fields.compactMap { name, value in value.map { "\(name)=\(Terminal.quoted($0))" } }
        return "\(sequence)  \(event.time.rfc3339)  \(event.action.rawValue)  \(described.joined(separator: " "))"
    }
}
