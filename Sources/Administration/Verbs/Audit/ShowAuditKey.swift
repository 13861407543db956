import Catalog
public import Foundation

/// Shows the public half of the audit log's signing key.
public struct ShowAuditKey: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits.
        public var fingerprint: String
        public var created: Date
        public var pem: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let key = try await context.catalog.auditKey() else { throw OperatorError.notSigned }
        return Report(fingerprint: key.publicKey.fingerprint, created: key.created, pem: key.publicKey.pem)
    }
}

extension OperatorError {
    static let notSigned = OperatorError(
        .missing, "nothing of the audit log is signed yet; 'keyway audit checkpoint --sign' makes the first checkpoint")
}
