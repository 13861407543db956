public import ContentKeys
public import Foundation

/// The installation's signing key as the catalog holds it: its private half wrapped under a KEK.
public struct AuditKeyRecord: Sendable, Hashable {
    public var publicKey: AuditPublicKey
    public var kek: KEKVersion
    public var ciphertext: [UInt8]
    public var created: Date

    public init(publicKey: AuditPublicKey, kek: KEKVersion, ciphertext: [UInt8], created: Date) {
        self.publicKey = publicKey
        self.kek = kek
        self.ciphertext = ciphertext
        self.created = created
    }
}

/// Makes and uses the signing key; whoever asks sees its public half only.
public protocol AuditKeyMaterial: Sendable {
    /// A new signing key, wrapped; not stored yet.
    func makeAuditKey(at now: Date) throws -> AuditKeyRecord
    /// Signs with Ed25519 (RFC 8032).
    func sign(_ statement: [UInt8], with key: AuditKeyRecord) throws -> [UInt8]
}

/// What is to be signed.
public struct AuditSigning: Sendable {
    /// Forgets the log's start.
    public struct Pruning: Sendable {
        /// The last record that goes: a signed checkpoint must have ended there.
        public var through: Int64
        /// Written before the checkpoint, so that it is covered.
        public var event: AuditEvent

        public init(through: Int64, event: AuditEvent) {
            self.through = through
            self.event = event
        }
    }

    public var time: Date
    public var pruning: Pruning?
    public var sign: @Sendable (_ statement: [UInt8], _ key: AuditKeyRecord) throws -> [UInt8]

    public init(
        time: Date, pruning: Pruning? = nil,
        sign: @escaping @Sendable (_ statement: [UInt8], _ key: AuditKeyRecord) throws -> [UInt8]
    ) {
        self.time = time
        self.pruning = pruning
        self.sign = sign
    }
}

/// Why the audit log cannot be written now, which stops every release of a key.
public struct AuditBlock: Sendable, Hashable {
    public var since: Date
    public var reason: String
    /// How many requests were refused for it.
    public var refused: Int

    public init(since: Date, reason: String, refused: Int) {
        self.since = since
        self.reason = reason
        self.refused = refused
    }
}

/// The audit log beyond appending and reading: checkpoints, the log's start. Every function throws `CatalogError`.
public protocol AuditLog: Sendable {
    /// Nil until one was made.
    func auditKey() async throws -> AuditKeyRecord?
    /// In order of number.
    func auditCheckpoints(after number: Int64, limit: Int) async throws -> [AuditCheckpoint]
    /// Those that ended at one of these records, in order.
    func auditCheckpoints(ofRecords records: ClosedRange<Int64>) async throws -> [AuditCheckpoint]
    func lastAuditCheckpoint() async throws -> AuditCheckpoint?
    /// Signs where the log stands, in one durable transaction with what belongs to it.
    ///
    /// - Returns: nil when nothing was written since the last checkpoint, and nothing is to be pruned.
    /// - Throws: also what the signing throws, and `missing` when there is no key.
    func signAudit(_ signing: AuditSigning) async throws -> AuditCheckpoint?
    /// The newest checkpoint all of whose records are older than a time, and which is not pruned yet.
    func auditCheckpoint(allBefore time: Date) async throws -> AuditCheckpoint?
    /// Deletes some rows of records that the last checkpoint says are pruned.
    ///
    /// - Returns: how many; 0 when nothing is left to delete.
    func removePrunedAudit(limit: Int) async throws -> Int
    /// The record before the first one that is not older than a time.
    func auditSequence(before time: Date) async throws -> Int64
    /// Nil while decisions can be written; it ends by itself.
    func auditBlock() -> AuditBlock?
    /// For a process that players wait for: from now on none of its writes waits longer for a lock of another process than a
    /// decision may, which would stand behind it.
    func shortenLockWaits() async throws
}

extension AuditLog {
    public func shortenLockWaits() {}
}
