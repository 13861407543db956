import Catalog

/// Checks the audit log: its hash chain, its signed checkpoints, and what somebody kept outside of it.
public struct VerifyAudit: OperatorVerb {
    /// The signing key's public half in PEM, as it was kept.
    public var publicKey: String?
    /// A checkpoint in JSON, as it was kept.
    public var checkpoint: String?

    public init(publicKey: String? = nil, checkpoint: String? = nil) {
        self.publicKey = publicKey
        self.checkpoint = checkpoint
    }

    public struct Report: Codable, Sendable {
        public var intact: Bool
        /// How many records were found whole.
        public var records: Int64
        /// The newest whole record's hash.
        public var head: String
        public var last: Int64
        /// The last record that was pruned; 0 when none was.
        public var pruned: Int64
        public var checkpoints: Int64
        /// The newest record that is signed.
        public var signed: Int64
        /// Names the signing key; nil when there is none.
        public var key: String?
        /// What is wrong, when something is.
        public var defect: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        var witness = AuditVerification.Witness()
        if let publicKey {
            guard let key = AuditPublicKey(pem: publicKey) else {
                throw OperatorError(
                    .invalid, "the public key is not the Ed25519 key in PEM that 'keyway audit public-key' prints")
            }
            witness.key = key
        }
        if let checkpoint {
            guard let kept = AuditCheckpoint(json: checkpoint) else {
                throw OperatorError(
                    .invalid, "the checkpoint is not the JSON document that 'keyway audit checkpoint' prints")
            }
            witness.checkpoint = kept
        }
        let finding = try await AuditVerification.run(context.catalog, witness)
        return Report(
            intact: finding.defect == nil, records: finding.place.sequence - finding.origin.sequence,
            head: finding.place.hash.hexadecimal, last: finding.place.sequence, pruned: finding.origin.sequence,
            checkpoints: finding.checkpoints, signed: finding.signed,
            key: try await context.catalog.auditKey()?.publicKey.fingerprint, defect: finding.defect)
    }
}
