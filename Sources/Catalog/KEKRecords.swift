public import ContentKeys
public import Foundation

/// A KEK version as the catalog knows it: everything but the key. The newest version is the current one.
public struct KEKVersionRecord: Sendable, Hashable {
    public var version: KEKVersion
    public var provider: KEKProviderKind
    /// Shows whether a key is this one (`KEK.makeProof` of the wrapping target).
    public var proof: [UInt8]
    public var created: Date
    /// When everything was wrapped under it; nil while its rotation is under way.
    public var completed: Date?
    public var retired: Date?

    public init(
        version: KEKVersion, provider: KEKProviderKind, proof: [UInt8], created: Date, completed: Date? = nil,
        retired: Date? = nil
    ) {
        self.version = version
        self.provider = provider
        self.proof = proof
        self.created = created
        self.completed = completed
        self.retired = retired
    }
}

/// How much is wrapped under a KEK version.
public struct KEKUsage: Sendable, Hashable {
    public var version: KEKVersion
    public var contentKeys: Int
    public var secrets: Int
    public var keySeeds: Int
    /// The audit log's signing key.
    public var auditKeys: Int

    public init(version: KEKVersion, contentKeys: Int, secrets: Int, keySeeds: Int = 0, auditKeys: Int = 0) {
        self.version = version
        self.contentKeys = contentKeys
        self.secrets = secrets
        self.keySeeds = keySeeds
        self.auditKeys = auditKeys
    }

    public var total: Int { contentKeys + secrets + keySeeds + auditKeys }

    /// For people.
    public var inWords: String {
        let most =
            CountText.text(contentKeys, "content key") + ", " + CountText.text(secrets, "secret") + " and "
            + CountText.text(keySeeds, "key seed")
        return auditKeys == 0 ? most : most + " and the audit log's signing key"
    }
}

/// What was wrapped under another KEK version, each beside what was read.
public struct RewrappedBatch: Sendable {
    public struct Key: Sendable {
        public var old: WrappedContentKey
        public var new: WrappedContentKey

        public init(old: WrappedContentKey, new: WrappedContentKey) {
            self.old = old
            self.new = new
        }
    }

    public struct Secret: Sendable {
        public var old: SecretRecord
        public var new: SecretRecord

        public init(old: SecretRecord, new: SecretRecord) {
            self.old = old
            self.new = new
        }
    }

    public struct Seed: Sendable {
        public var old: WrappedKeySeed
        public var new: WrappedKeySeed

        public init(old: WrappedKeySeed, new: WrappedKeySeed) {
            self.old = old
            self.new = new
        }
    }

    public struct AuditKey: Sendable {
        public var old: AuditKeyRecord
        public var new: AuditKeyRecord

        public init(old: AuditKeyRecord, new: AuditKeyRecord) {
            self.old = old
            self.new = new
        }
    }

    public var keys: [Key]
    public var secrets: [Secret]
    public var seeds: [Seed]
    public var auditKeys: [AuditKey]

    public init(keys: [Key] = [], secrets: [Secret] = [], seeds: [Seed] = [], auditKeys: [AuditKey] = []) {
        self.keys = keys
        self.secrets = secrets
        self.seeds = seeds
        self.auditKeys = auditKeys
    }
}
