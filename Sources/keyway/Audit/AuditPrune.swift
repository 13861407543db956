import Administration
import ArgumentParser
import Catalog
import Foundation

struct AuditPrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove old audit records, up to a signed checkpoint.",
        discussion: """
            What is not signed stays. A new checkpoint says what was removed, so that the rest can still be verified. \
            Export first what you must keep. With auditRetention in the configuration the server does this by itself.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Remove records of before this time, as 2027-01-31T12:00:00Z.")
    var before: String

    func run() async throws {
        guard let time = ISO8601DateFormatter().date(from: before) else {
            throw ValidationError("--before is a time in RFC 3339, as 2027-01-31T12:00:00Z")
        }
        try await common.perform(PruneAudit(before: time)).print(json: common.json)
    }
}

extension PruneAudit.Report: Report {
    var text: String {
        records == 0
            ? "nothing to remove: no signed checkpoint ends before that time"
            : "removed \(CountText.text(records, "record")); the log goes on after record \(through)"
    }
}
