public import Catalog

/// Signs what was written since the latest checkpoint, and shows the latest one.
public struct SignAudit: OperatorVerb {
    public typealias Report = AuditCheckpoint

    public init() {}

    public func run(in context: OperatorContext) async throws -> AuditCheckpoint {
        if let checkpoint = try await context.auditSigner.sign() { return checkpoint }
        guard let checkpoint = try await context.catalog.lastAuditCheckpoint() else {
            throw OperatorError(.missing, "the audit log is empty: there is nothing to sign")
        }
        return checkpoint
    }
}
