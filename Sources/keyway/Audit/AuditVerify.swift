import Administration
import ArgumentParser
import Catalog
import KeyServer

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the hash chain of the audit log and its signed checkpoints.",
        discussion: """
            What lies in the data folder alone cannot show that its end was cut off, or that all of it was rewritten by \
            somebody who has the KEK. Keep the public key and, now and then, a checkpoint elsewhere, and give them here.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "The public key that you kept, in PEM: what 'keyway audit public-key' printed.")
    var publicKey: String?

    @Option(help: "A checkpoint that you kept, in JSON: what 'keyway audit checkpoint' printed.")
    var checkpoint: String?

    /// In bytes; more is no key and no checkpoint.
    private static let longestFile = 1000

    func run() async throws {
        let verb = VerifyAudit(
            publicKey: try publicKey.map { try InputFile.text($0, atMost: Self.longestFile) },
            checkpoint: try checkpoint.map { try InputFile.text($0, atMost: Self.longestFile) })
        let report = try await common.perform(verb)
        if let defect = report.defect {
            if common.json { try report.print(json: true) }
            throw CommandFailure(.badData, defect)
        }
        try report.print(json: common.json)
    }
}

extension VerifyAudit.Report: Report {
    var text: String {
        var lines = ["intact: \(CountText.text(records, "record")), head \(head)"]
        if pruned > 0 { lines.append("pruned: records 1 to \(pruned)") }
        if let key, signed > 0 {
            let parts = CountText.text(checkpoints, "checkpoint")
            lines.append("signed: up to record \(signed), in \(parts) of the key \(key)")
        } else {
            lines.append("signed: nothing yet")
        }
        return lines.joined(separator: "\n")
    }
}
