public import ContentKeys
public import Foundation
public import Policies

/// Why the catalog refused. Codes are stable.
public struct CatalogError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// Something of that name or id exists.
        case exists
        /// Something that the change names does not exist.
        case missing
        /// Something else still refers to it.
        case inUse
        /// The change contradicts what is stored (a final job, an older version).
        case conflict
        /// The job that a task belongs to was canceled: what the task came to is not taken.
        case canceled
        /// What a change was based on is no longer what is stored (`CatalogChange.require`).
        case changed
        /// There would be more of something than there may be.
        case limit
        /// Something is wrapped under a key-encryption key that another process retired: wrap it anew.
        case retired
        /// The store cannot be read or written now.
        case unavailable
        /// The store holds something that this version cannot read.
        case corrupt
    }

    public var code: Code
    public var reason: String
    public var description: String { reason }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// One change. Changes are applied together or not at all (`CatalogEngine.apply`).
public enum CatalogChange: Sendable {
    case putAuthorizationPolicy(AuthorizationPolicy)
    case deleteAuthorizationPolicy(name: String)
    case putDeliveryPolicy(DeliveryPolicy)
    case deleteDeliveryPolicy(name: String)
    case putAccessPolicy(AccessPolicy)
    /// Throws `inUse` while a locator names it, revoked or not.
    case deleteAccessPolicy(name: String)
    case putFilter(PresentationFilter)
    /// By `PresentationFilter.identity`. Throws `inUse` while a locator that is not revoked has a filter of that name.
    case deleteFilter(identity: String)
    /// Throws `conflict` when another endpoint names one of its hosts.
    case putStreamingEndpoint(StreamingEndpoint)
    case deleteStreamingEndpoint(name: String)
    case insertContentKey(ContentKeyRecord)
    /// Changes who may receive a key.
    case setAuthorizationPolicy(keyID: KeyID, policy: String?)
    case changeContentKey(keyID: KeyID, ContentKeyChange)
    /// Removes a key whose deletion is due, and remembers which IV numbers it gave, so that the same key, imported
    /// again, gives others. Throws `missing` when it is not due at that time, `inUse` when something needs it.
    case removeContentKey(keyID: KeyID, dueAt: Date)
    case insertKeySeed(KeySeedRecord)
    /// The first assignment of a label holds for all versions of the asset; a later one throws `conflict` unless all
    /// versions that there are come before it.
    case insertAssignment(KeyAssignment)
    /// Gives every named track of an asset version its number under a key, or, where another key took its place for the
    /// version since the caller looked, under that one; a track that has one keeps it.
    case allocateIVNumbers(keyID: KeyID, asset: String, version: Int, tracks: [String])
    case insertLocator(Locator)
    case revokeLocator(LocatorID)
    case putSecret(SecretRecord)
    case deleteSecret(name: String)
    /// Makes a KEK version the current one; it must be above all that were recorded.
    case insertKEKVersion(KEKVersionRecord)
    /// Records that everything was wrapped under this version.
    case completeKEKRotation(KEKVersion, at: Date)
    /// Refused for the current version, and while something is wrapped under it. Nothing can be wrapped under a retired
    /// version again.
    case retireKEKVersion(KEKVersion, at: Date)
    case insertAsset(AssetRecord)
    /// Records a complete version and makes it the current one.
    case insertAssetVersion(AssetVersionRecord)
    /// Makes another version of the asset the one that is served; throws `missing` when there is none of that number.
    case setCurrentVersion(asset: String, number: Int)
    /// Takes an asset down, and everything that only assets that are down are encrypted under; nil puts it up again.
    case setTakedown(asset: String, Takedown?)
    /// Records a complete version that is not served before `setCurrentVersion` says so.
    case insertUnpublishedVersion(AssetVersionRecord)
    /// Records a complete version that takes another one's place: it is served where that one is served still, and else not.
    case insertNextVersion(AssetVersionRecord, of: Int)
    /// Removes an asset with its versions, files, uploads, locators and storage key. Its media is the caller's to remove.
    case deleteAsset(name: String)
    /// Throws `exists` when the asset has a file of that name.
    case insertAssetFile(AssetFileRecord)
    /// Changes a file's digest, state, reason and parts.
    case updateAssetFile(AssetFileRecord)
    case deleteAssetFile(AssetFileID)
    /// Throws `exists` when there is one of that name.
    case insertStorageAccount(StorageAccountRecord)
    case insertUpload(UploadRecord)
    /// Throws `missing` when it is gone: what was removed does not come back with what somebody still knows of it.
    case updateUpload(UploadRecord)
    case deleteUpload(UploadID)
    /// Remembers for good that a key came sealed with what a sender encrypted. Throws `conflict` when it came before.
    case useSealedKey(SealedKeyUse)
    /// With the job's usual tasks when none are given.
    case insertJob(JobRecord, tasks: [TaskRecord] = [])
    case pipeline(PipelineChange)
    case quarantine(QuarantineChange)
    case insertAdminToken(AdminTokenRecord)
    /// Closes an admin token for good; its name stays taken, so that the audit log stays clear.
    case revokeAdminToken(name: String, time: Date)
    /// Takes the place of an older revocation of the same thing.
    case putRevocation(RevocationRecord)
    case deleteRevocation(id: String)
    case insertEncryptor(EncryptorRecord)
    /// Closes an encryptor's token for good; its name stays taken.
    case revokeEncryptor(name: String, time: Date)
    case insertOrigin(OriginRecord)
    /// An origin is given nothing any more; its name and its certificate stay taken.
    case revokeOrigin(name: String, time: Date)
    /// Changes nothing: the changes are applied only if this holds when they are.
    case require(CatalogCondition)
    /// The installation's signing key: throws `exists` when there is one.
    case insertAuditKey(AuditKeyRecord)
    /// Chained after the last record.
    case audit(AuditEvent)
}

/// What must still be stored for changes to be applied: compare and set, in the transaction of the changes.
public enum CatalogCondition: Sendable {
    /// The policy of this name is this one; nil when there is none.
    case authorizationPolicy(name: String, AuthorizationPolicy?)
    case deliveryPolicy(name: String, DeliveryPolicy?)
    case accessPolicy(name: String, AccessPolicy?)
    case secret(name: String, SecretRecord?)
    case streamingEndpoint(name: String, StreamingEndpoint?)
    case transform(name: String, Transform?)
    /// The asset of this name is this one.
    case asset(AssetRecord)
    /// The key of this id is this one.
    case contentKey(ContentKeyRecord)
    /// The original and its record are these; nil when it has none.
    case original(AssetFileRecord, IngestRecord?)
    /// No check is required that is not one of these.
    case requiredChecks(among: [String])
    /// The upload of this id is this one.
    case upload(UploadRecord)
    /// All originals take at most so many bytes, with those still to come and what the changes before this one added.
    case uploadedBytes(atMost: UInt64)
    /// The asset has at most so many originals, with what the changes before this one added.
    case assetFiles(asset: String, atMost: Int)
    /// The asset has at most so many SAS locators that are neither revoked nor over, with what the changes before this one
    /// added.
    case sasLocators(asset: String, atMost: Int, now: Date)
}

/// Everything that a request for a key needs, read in one consistent look.
///
/// An object, since it is handed from step to step of every key request.
public final class KeyLookup: Sendable {
    public let key: ContentKeyRecord
    /// Nil when the key names none, or one that is gone.
    public let policy: AuthorizationPolicy?
    /// Whether all assets that the key encrypts were taken down.
    public let isWithheld: Bool

    public init(key: ContentKeyRecord, policy: AuthorizationPolicy?, isWithheld: Bool = false) {
        self.key = key
        self.policy = policy
        self.isWithheld = isWithheld
    }

    /// What the evaluator must know of the key.
    public var facts: KeyFacts {
        var facts = key.facts
        facts.isWithheld = isWithheld
        return facts
    }
}

/// Everything that a request for media needs, read in one consistent look.
public struct LocatorLookup: Sendable {
    public var terms: LocatorTerms
    public var asset: AssetRecord

    public init(terms: LocatorTerms, asset: AssetRecord) {
        self.terms = terms
        self.asset = asset
    }
}

/// The records of the service. One writer at a time; a reader sees whole transactions. Every function throws
/// `CatalogError`.
public protocol CatalogEngine: AuditLog, PipelineCatalog, QuarantineCatalog {
    /// Applies all changes in one durable transaction, or none.
    func apply(_ changes: [CatalogChange]) async throws

    /// Writes what one request decided, durably: the count of the token's use and the audit events in one transaction.
    /// Concurrent calls may share a commit.
    ///
    /// - Parameters:
    ///   - place: where `completion` is called when the decision is durable; nil for any thread.
    ///   - completion: called once; at once, and on the calling thread, when nothing can be written now.
    func record(
        _ decision: DecisionRecord, at place: (any CompletionPlace)?,
        completion: @escaping @Sendable (Result<UseCount, CatalogError>) -> Void)
    /// How often a token was used; counts nothing.
    func tokenUses(_ use: UseLimit) async throws -> UseCount
    /// Records with a sequence number above `sequence`, oldest first.
    func auditRecords(after sequence: Int64, limit: Int) async throws -> [AuditRecord]
    /// The sequence number of the newest record; 0 when there is none.
    func lastAuditSequence() async throws -> Int64

    /// What was changed after a place in the log of changes, by any process: see `CatalogNotices`.
    func notices(after sequence: Int64) async throws -> CatalogNotices
    /// The records of a request for keys, oldest first, at most `limit`. Fast whatever the length of the log.
    func auditRecords(ofRequest requestID: String, limit: Int) async throws -> [AuditRecord]

    /// Also of a key that has no row and that a key seed knows as its own.
    func keyLookup(_ keyID: KeyID) async throws -> KeyLookup?
    /// Also a key that has no row and that a key seed knows as its own.
    func contentKey(_ keyID: KeyID) async throws -> ContentKeyRecord?
    func contentKey(named name: String) async throws -> ContentKeyRecord?
    /// The stored keys that match, a page at a time.
    func contentKeys(matching query: KeyQuery) async throws -> KeyPage
    func keyUses(_ keyID: KeyID) async throws -> KeyUses
    /// Keys whose waiting period is over at that time.
    func contentKeysDue(at time: Date, limit: Int) async throws -> [KeyID]
    func keySeed(named name: String) async throws -> KeySeedRecord?
    /// In order of name.
    func keySeeds() async throws -> [KeySeedRecord]
    /// In order of KID.
    func contentKeys(_ page: Page) async throws -> [ContentKeyRecord]
    func keyAssignments(asset: String) async throws -> [KeyAssignment]
    /// The numbers given to the tracks of a version under a key.
    func ivAllocations(keyID: KeyID, asset: String, version: Int) async throws -> [IVAllocation]

    func authorizationPolicy(named name: String) async throws -> AuthorizationPolicy?
    func authorizationPolicies() async throws -> [AuthorizationPolicy]
    func deliveryPolicy(named name: String) async throws -> DeliveryPolicy?
    func deliveryPolicies() async throws -> [DeliveryPolicy]
    func accessPolicy(named name: String) async throws -> AccessPolicy?
    /// In order of name.
    func accessPolicies() async throws -> [AccessPolicy]
    /// By `PresentationFilter.identity`.
    func filter(_ identity: String) async throws -> PresentationFilter?
    /// In order of their identities.
    func filters() async throws -> [PresentationFilter]
    func streamingEndpoint(named name: String) async throws -> StreamingEndpoint?
    /// In order of name.
    func streamingEndpoints() async throws -> [StreamingEndpoint]
    func secret(named name: String) async throws -> SecretRecord?
    /// Names only.
    func secretNames() async throws -> [String]

    /// In order of version; the last one is the current one.
    func kekVersions() async throws -> [KEKVersionRecord]
    /// How much is wrapped under each version that anything is wrapped under, in order of version.
    func kekUsage() async throws -> [KEKUsage]
    /// Keys under a version, in order of KID.
    func contentKeys(under kek: KEKVersion, _ page: Page) async throws -> [WrappedContentKey]
    /// Secrets under a version, in order of name.
    func secrets(under kek: KEKVersion, _ page: Page) async throws -> [SecretRecord]
    /// Replaces ciphertexts in one durable transaction: each one only if it still is the one that was read, so that what
    /// others wrote meanwhile stays.
    ///
    /// - Returns: how many were replaced.
    func rewrap(_ batch: RewrappedBatch) async throws -> Int
    /// By the SHA-256 of the token.
    func adminToken(hash: [UInt8]) async throws -> AdminTokenRecord?
    /// In order of name.
    func adminTokens(_ page: Page) async throws -> [AdminTokenRecord]

    /// In order of id.
    func revocations(_ page: Page) async throws -> [RevocationRecord]
    /// Removes those that may be forgotten at a time; how many.
    func removeExpiredRevocations(at time: Date) async throws -> Int
    /// By the SHA-256 of the token.
    func encryptor(hash: [UInt8]) async throws -> EncryptorRecord?
    /// In order of name.
    func encryptors(_ page: Page) async throws -> [EncryptorRecord]
    /// By `OriginRecord.hash`.
    func origin(hash: [UInt8]) async throws -> OriginRecord?
    /// In order of name.
    func origins(_ page: Page) async throws -> [OriginRecord]

    func locatorLookup(_ id: LocatorID) async throws -> LocatorLookup?
    func locator(_ id: LocatorID) async throws -> Locator?
    func locators(asset: String?) async throws -> [Locator]

    func asset(named name: String) async throws -> AssetRecord?
    /// In order of name.
    func assets(_ page: Page) async throws -> [AssetRecord]
    /// Those of these assets whose version that is served has a poster.
    func assetsWithPoster(among names: [String]) async throws -> Set<String>
    func assetVersion(asset: String, number: Int) async throws -> AssetVersionRecord?
    /// The numbers of an asset's versions that are complete, in order.
    func assetVersions(asset: String) async throws -> [Int]
    /// Reserves the next version number of an asset and that many 64-bit file IVs under its storage key. Durable before
    /// it returns; what is reserved is never given again, also when the version never comes to be.
    func reserveVersion(asset: String) async throws -> Int
    func reserveFileNonces(asset: String, count: Int) async throws -> [UInt64]

    func assetFile(_ id: AssetFileID) async throws -> AssetFileRecord?
    func assetFile(asset: String, name: String) async throws -> AssetFileRecord?
    /// In order of name.
    func assetFiles(asset: String) async throws -> [AssetFileRecord]
    func assetFiles(in state: AssetFileState) async throws -> [AssetFileRecord]
    /// The files of that content, or that are said to have it; at most 100.
    func assetFiles(digest: [UInt8]) async throws -> [AssetFileRecord]
    func upload(_ id: UploadID) async throws -> UploadRecord?
    /// What fills a file that is still arriving.
    func upload(of file: AssetFileID) async throws -> UploadRecord?
    /// At most 1000.
    func uploads(expiringBefore time: Date) async throws -> [UploadRecord]
    /// The upload into an asset that its sender knows by a word.
    func upload(into asset: String, attempt: String) async throws -> UploadRecord?
    /// What originals take, those still to come too: for the quota.
    func uploadedBytes() async throws -> UInt64
    /// The storage accounts that were set up, in order of name; the default account is none of them.
    func storageAccounts() async throws -> [StorageAccountRecord]
    /// What lies in each account that holds anything.
    func storageUse() async throws -> [StorageAccountUse]
    /// Whether an upload or a file has bytes of that name.
    func isOriginalKnown(_ part: String) async throws -> Bool
}

extension CatalogEngine {
    /// A key by its KID or name, also one without a row. The KID comes first: whoever disables a key by its KID must not disable
    /// another that is called so.
    public func contentKey(called text: String) async throws -> ContentKeyRecord? {
        if let keyID = KeyID(text), let record = try await contentKey(keyID) { return record }
        return try await contentKey(named: text)
    }
}
