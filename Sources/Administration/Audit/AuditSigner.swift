public import Catalog
public import Foundation

/// Signs where the audit log stands, and removes what is old and signed.
public struct AuditSigner: Sendable {
    /// What a pruning did.
    public struct Pruned: Sendable, Hashable {
        /// The last record that is gone.
        public var through: Int64
        /// How many went now.
        public var records: Int64
        /// Says so.
        public var checkpoint: AuditCheckpoint
    }

    /// How many rows one transaction deletes: others write meanwhile.
    private static let rows = 500

    private let catalog: any CatalogEngine
    private let material: any AuditKeyMaterial
    private let now: @Sendable () -> Date

    public init(
        catalog: any CatalogEngine, material: any AuditKeyMaterial, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.material = material
        self.now = now
    }

    /// The signing key's public half; the key is made when there is none.
    public func publicKey() async throws -> AuditPublicKey {
        if let key = try await catalog.auditKey() { return key.publicKey }
        do {
            try await catalog.apply([.insertAuditKey(try material.makeAuditKey(at: now()))])
        } catch let error as CatalogError where error.code == .exists {
            // Another process made it at the same time.
        }
        guard let key = try await catalog.auditKey() else {
            throw CatalogError(.missing, "the audit log's signing key was not kept")
        }
        return key.publicKey
    }

    /// Signs what was written since the last checkpoint.
    ///
    /// - Returns: nil when nothing was.
    @discardableResult
    public func sign() async throws -> AuditCheckpoint? {
        try await sign(nil)
    }

    private func sign(_ pruning: AuditSigning.Pruning?) async throws -> AuditCheckpoint? {
        _ = try await publicKey()
        let material = material
        return try await catalog.signAudit(
            AuditSigning(time: now(), pruning: pruning) { try material.sign($0, with: $1) })
    }

    /// Removes the records that are older than a time, up to a signed checkpoint. What is left begins where a new
    /// checkpoint says.
    ///
    /// - Parameter actor: for the audit log; nil for the server itself.
    /// - Returns: nil when no signed checkpoint ends before that time.
    @discardableResult
    public func prune(before time: Date, actor: String?) async throws -> Pruned? {
        guard let end = try await catalog.auditCheckpoint(allBefore: time)?.checkpoint.record else {
            try await removePruned()
            return nil
        }
        let start = try await catalog.lastAuditCheckpoint()?.checkpoint.prunedThrough ?? 0
        var event = AuditEvent(time: now(), action: .auditPruned)
        event.actor = actor
        event.detail = "records \(start &+ 1) to \(end)"
        guard let checkpoint = try await sign(AuditSigning.Pruning(through: end, event: event)) else { return nil }
        try await removePruned()
        return Pruned(through: end, records: end &- start, checkpoint: checkpoint)
    }

    /// Deletes what the last checkpoint says is pruned: also what an interrupted pruning left.
    private func removePruned() async throws {
        while try await catalog.removePrunedAudit(limit: Self.rows) > 0 { try Task.checkCancellation() }
    }
}
