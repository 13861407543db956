public import Catalog

/// Shows the latest signed checkpoint.
public struct ShowCheckpoint: OperatorVerb {
    public typealias Report = AuditCheckpoint

    public init() {}

    public func run(in context: OperatorContext) async throws -> AuditCheckpoint {
        guard let checkpoint = try await context.catalog.lastAuditCheckpoint() else { throw OperatorError.notSigned }
        return checkpoint
    }
}
