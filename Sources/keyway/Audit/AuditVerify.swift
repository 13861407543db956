import Adapters
import ArgumentParser
import Catalog
import Foundation

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the hash chain of the audit log from its first record to its last.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var records: Int64
        var head: String
        var intact = true
        var text: String { "intact: \(records) records, head \(head)" }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        var verifier = AuditChain.Verifier()
        while true {
            let records = try await catalog.auditRecords(after: verifier.count, limit: 1000)
            for record in records {
                if let defect = verifier.verify(record) {
                    throw CommandFailure(
                        .badData, "the audit log is broken at record \(defect.sequence): \(defect.reason)")
                }
            }
            if records.isEmpty { break }
        }
        let last = try await catalog.lastAuditSequence()
        guard last == verifier.count else {
            throw CommandFailure(.badData, "the audit log ends at record \(verifier.count), but \(last) were written")
        }
        try Answer(records: verifier.count, head: verifier.head.map { String(format: "%02x", $0) }.joined())
            .print(json: common.json)
    }
}
