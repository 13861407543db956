import Administration
import ArgumentParser

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the hash chain of the audit log from its first record to its last.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await common.perform(VerifyAudit())
        if let defect = report.defect { throw CommandFailure(.badData, defect) }
        try report.print(json: common.json)
    }
}

extension VerifyAudit.Report: Report {
    var text: String { "intact: \(records) records, head \(head)" }
}
