import Catalog

/// Checks the hash chain of the audit log from its first record to its last.
public struct VerifyAudit: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        public var intact: Bool
        /// How many records were found whole.
        public var records: Int64
        /// The newest whole record's hash.
        public var head: String
        /// What is wrong, when the chain is broken.
        public var defect: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        var verifier = AuditChain.Verifier()
        while true {
            let records = try await context.catalog.auditRecords(after: verifier.count, limit: 1000)
            for record in records {
                guard let defect = verifier.verify(record) else { continue }
                return report(
                    verifier, defect: "the audit log is broken at record \(defect.sequence): \(defect.reason)")
            }
            if records.isEmpty { break }
        }
        let last = try await context.catalog.lastAuditSequence()
        guard last <= verifier.count else {
            return report(
                verifier, defect: "the audit log ends at record \(verifier.count), but \(last) were written")
        }
        return report(verifier, defect: nil)
    }

    private func report(_ verifier: AuditChain.Verifier, defect: String?) -> Report {
        Report(intact: defect == nil, records: verifier.count, head: verifier.head.hexadecimal, defect: defect)
    }
}
