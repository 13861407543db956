import Catalog
import ContentKeys
import Foundation
import Policies

/// The part of a catalog that documents and publications use: enough to see what a use case asks for. The engines have
/// their own conformance kit.
actor FakeCatalog: CatalogEngine {
    private struct State {
        var authorization: [String: AuthorizationPolicy] = [:]
        var delivery: [String: DeliveryPolicy] = [:]
        var access: [String: AccessPolicy] = [:]
        var filters: [String: PresentationFilter] = [:]
        var endpoints: [String: StreamingEndpoint] = [:]
        var keys: [KeyID: ContentKeyRecord] = [:]
        var assignments: [KeyAssignment] = []
        var allocations: [IVAllocation] = []
        var locators: [LocatorID: Locator] = [:]
        var seeds: [String: KeySeedRecord] = [:]
        var secrets: [String: SecretRecord] = [:]
        var transforms: [String: Transform] = [:]
        var notificationEndpoints: [String: NotificationEndpoint] = [:]
        var ingestRules: [String: IngestRules] = [:]
        var assets: [String: AssetRecord] = [:]
        var versions: [AssetVersionRecord] = []
        var audit: [AuditRecord] = []
    }

    private var state = State()
    private var reserved = 0

    func apply(_ changes: [CatalogChange]) async throws {
        var next = state
        for change in changes { try Self.apply(change, to: &next) }
        state = next
    }

    private static func apply(_ change: CatalogChange, to state: inout State) throws {
        switch change {
        case .putAuthorizationPolicy(let policy): state.authorization[policy.name] = policy
        case .putDeliveryPolicy(let policy): state.delivery[policy.name] = policy
        case .putAccessPolicy(let policy): state.access[policy.name] = policy
        case .putFilter(let filter): state.filters[filter.identity] = filter
        case .deleteFilter(let identity): state.filters[identity] = nil
        case .putStreamingEndpoint(let endpoint): state.endpoints[endpoint.name] = endpoint
        case .pipeline(let change): apply(change, to: &state)
        case .quarantine(.putRules(let rules)): state.ingestRules[rules.name] = rules
        case .quarantine(.deleteRules(let name)): state.ingestRules[name] = nil
        case .putSecret(let secret): state.secrets[secret.name] = secret
        case .deleteDeliveryPolicy(let name): state.delivery[name] = nil
        case .deleteAuthorizationPolicy(let name):
            guard !state.keys.values.contains(where: { $0.authorizationPolicy == name }) else {
                throw CatalogError(.inUse, "a key names \(name)")
            }
            state.authorization[name] = nil
        case .insertAsset(let asset): state.assets[asset.name] = asset
        case .insertAssetVersion(let version):
            state.versions.append(version)
            state.assets[version.asset]?.currentVersion = version.number
        case .audit(let event):
            let last = state.audit.last.map { ($0.sequence, $0.hash) } ?? (0, AuditChain.start)
            state.audit.append(AuditChain.record(event, after: last))
        default: try applyKeys(change, to: &state)
        }
    }

    private static func apply(_ change: PipelineChange, to state: inout State) {
        switch change {
        case .putTransform(let transform): state.transforms[transform.name] = transform
        case .deleteTransform(let name): state.transforms[name] = nil
        case .putNotificationEndpoint(let endpoint): state.notificationEndpoints[endpoint.name] = endpoint
        case .deleteNotificationEndpoint(let name): state.notificationEndpoints[name] = nil
        default: break
        }
    }

    private static func applyKeys(_ change: CatalogChange, to state: inout State) throws {
        switch change {
        case .insertContentKey(let key):
            guard state.keys.updateValue(key, forKey: key.keyID) == nil else { throw CatalogError(.exists, "the key") }
            try requirePolicy(key.authorizationPolicy, in: state)
        case .changeContentKey(let keyID, let change): try applyChange(change, to: keyID, in: &state)
        case .removeContentKey(let keyID, let time):
            guard let due = state.keys[keyID]?.deletion, due <= time else { throw CatalogError(.missing, "not due") }
            guard !state.assignments.contains(where: { $0.keyID == keyID }) else {
                throw CatalogError(.inUse, "an assignment")
            }
            state.keys[keyID] = nil
        case .insertKeySeed(let seed): state.seeds[seed.name] = seed
        case .setAuthorizationPolicy(let keyID, let policy):
            try requirePolicy(policy, in: state)
            state.keys[keyID]?.authorizationPolicy = policy
        case .insertAssignment(let new):
            guard !state.assignments.contains(where: { $0.place == new.place }) else {
                throw CatalogError(.exists, "the assignment")
            }
            state.assignments.append(new)
        case .allocateIVNumbers(let keyID, let asset, let version, let tracks):
            for track in tracks {
                let held = state.allocations.contains {
                    $0.keyID == keyID && $0.asset == asset && $0.version == version && $0.track == track
                }
                guard !held else { continue }
                let number = UInt32(state.allocations.count { $0.keyID == keyID } + 1)
                state.allocations.append(
                    IVAllocation(keyID: keyID, number: number, asset: asset, version: version, track: track))
            }
        case .insertLocator(let locator):
            guard state.access[locator.accessPolicy] != nil else { throw CatalogError(.missing, "the access policy") }
            state.locators[locator.id] = locator
        default: throw CatalogError(.conflict, "not for this test")
        }
    }

    private static func applyChange(_ change: ContentKeyChange, to keyID: KeyID, in state: inout State) throws {
        guard var key = state.keys[keyID] else { throw CatalogError(.missing, "no key \(keyID)") }
        switch change {
        case .setEnabled(let enabled): key.isEnabled = enabled
        case .setValidity(let notBefore, let notAfter): (key.notBefore, key.notAfter) = (notBefore, notAfter)
        case .setLabel(let label): key.label = label
        case .setName(let name): key.name = name
        case .setDeletion(let time): key.deletion = time
        case .setSupersededBy(let other): key.supersededBy = other
        case .setChecksum(let checksum): key.checksum = checksum
        }
        state.keys[keyID] = key
    }

    private static func requirePolicy(_ name: String?, in state: State) throws {
        guard let name, state.authorization[name] == nil else { return }
        throw CatalogError(.missing, "no policy \(name)")
    }

    nonisolated func record(
        _ decision: DecisionRecord, at place: (any CompletionPlace)?,
        completion: @escaping @Sendable (Result<UseCount, CatalogError>) -> Void
    ) {
        completion(.failure(CatalogError(.unavailable, "not for this test")))
    }

    func tokenUses(_ use: UseLimit) -> UseCount { .none }

    func notices(after sequence: Int64) throws -> CatalogNotices { throw CatalogError(.unavailable, "not here") }

    func auditRecords(after sequence: Int64, limit: Int) -> [AuditRecord] {
        Array(state.audit.filter { $0.sequence > sequence }.prefix(limit))
    }

    func auditRecords(ofRequest requestID: String, limit: Int) -> [AuditRecord] { [] }
    func adminToken(hash: [UInt8]) -> AdminTokenRecord? { nil }
    func adminTokens(_ page: Page) -> [AdminTokenRecord] { [] }
    func encryptor(hash: [UInt8]) -> EncryptorRecord? { nil }
    func encryptors(_ page: Page) -> [EncryptorRecord] { [] }
    func origin(hash: [UInt8]) -> OriginRecord? { nil }
    func origins(_ page: Page) -> [OriginRecord] { [] }

    func lastAuditSequence() -> Int64 { state.audit.last?.sequence ?? 0 }

    func contentKey(_ keyID: KeyID) -> ContentKeyRecord? { state.keys[keyID] }
    func contentKey(named name: String) -> ContentKeyRecord? { state.keys.values.first { $0.name == name } }
    /// By authorization policy only, in one page.
    func contentKeys(matching query: KeyQuery) -> KeyPage {
        KeyPage(keys: state.keys.values.filter { $0.authorizationPolicy == query.authorizationPolicy }, next: nil)
    }
    func keyUses(_ keyID: KeyID) -> KeyUses {
        KeyUses(
            assignments: state.assignments.filter { $0.keyID == keyID },
            storageOf: state.assets.values.first { $0.storageKey == keyID }?.name)
    }
    func contentKeysDue(at time: Date, limit: Int) -> [KeyID] {
        state.keys.values.filter { $0.deletion.map { $0 <= time } ?? false }.map(\.keyID)
    }
    func keySeed(named name: String) -> KeySeedRecord? { state.seeds[name] }
    func keySeeds() -> [KeySeedRecord] { state.seeds.values.sorted { $0.name < $1.name } }
    func keyAssignments(asset: String) -> [KeyAssignment] { state.assignments.filter { $0.asset == asset } }
    func ivAllocations(keyID: KeyID, asset: String, version: Int) -> [IVAllocation] {
        state.allocations.filter { $0.keyID == keyID && $0.asset == asset && $0.version == version }
    }

    func authorizationPolicy(named name: String) -> AuthorizationPolicy? { state.authorization[name] }
    func authorizationPolicies() -> [AuthorizationPolicy] { state.authorization.values.sorted { $0.name < $1.name } }
    func deliveryPolicy(named name: String) -> DeliveryPolicy? { state.delivery[name] }
    func deliveryPolicies() -> [DeliveryPolicy] { state.delivery.values.sorted { $0.name < $1.name } }
    func accessPolicy(named name: String) -> AccessPolicy? { state.access[name] }
    func accessPolicies() -> [AccessPolicy] { state.access.values.sorted { $0.name < $1.name } }
    func streamingEndpoint(named name: String) -> StreamingEndpoint? { state.endpoints[name] }
    func streamingEndpoints() -> [StreamingEndpoint] { state.endpoints.values.sorted { $0.name < $1.name } }
    func filter(_ identity: String) -> PresentationFilter? { state.filters[identity] }
    func filters() -> [PresentationFilter] { state.filters.values.sorted { $0.identity < $1.identity } }
    func secret(named name: String) -> SecretRecord? { state.secrets[name] }
    func secretNames() -> [String] { state.secrets.keys.sorted() }

    func locatorLookup(_ id: LocatorID) -> LocatorLookup? {
        guard let locator = state.locators[id], let asset = state.assets[locator.asset] else { return nil }
        return LocatorLookup(
            terms: LocatorTerms(
                locator: locator, deliveryPolicies: locator.deliveryPolicies.compactMap { state.delivery[$0] },
                permissions: state.access[locator.accessPolicy]?.permissions ?? []),
            asset: asset)
    }

    func locator(_ id: LocatorID) -> Locator? { state.locators[id] }
    func locators(asset: String?) -> [Locator] {
        state.locators.values.filter { asset == nil || $0.asset == asset }
    }

    func asset(named name: String) -> AssetRecord? { state.assets[name] }
    func assetVersions(asset: String) -> [Int] { state.versions.filter { $0.asset == asset }.map(\.number) }
    func assetVersion(asset: String, number: Int) -> AssetVersionRecord? {
        state.versions.first { $0.asset == asset && $0.number == number }
    }

    func reserveVersion(asset: String) -> Int {
        reserved += 1
        return reserved
    }

    // Nothing here asks for what follows.
    func revocations(_ page: Page) throws -> [RevocationRecord] { [] }
    func removeExpiredRevocations(at time: Date) throws -> Int { 0 }
    func kekVersions() throws -> [KEKVersionRecord] { throw CatalogError(.unavailable, "not for this test") }
    func auditKey() throws -> AuditKeyRecord? { nil }
    func auditCheckpoints(after number: Int64, limit: Int) throws -> [AuditCheckpoint] { [] }
    func auditCheckpoints(ofRecords records: ClosedRange<Int64>) throws -> [AuditCheckpoint] { [] }
    func lastAuditCheckpoint() throws -> AuditCheckpoint? { nil }
    func signAudit(_ signing: AuditSigning) throws -> AuditCheckpoint? { nil }
    func auditCheckpoint(allBefore time: Date) throws -> AuditCheckpoint? { nil }
    func removePrunedAudit(limit: Int) throws -> Int { 0 }
    nonisolated func auditBlock() -> AuditBlock? { nil }
    func auditSequence(before time: Date) throws -> Int64 { 0 }
    func kekUsage() throws -> [KEKUsage] { throw CatalogError(.unavailable, "not for this test") }
    func contentKeys(under kek: KEKVersion, _ page: Page) throws -> [WrappedContentKey] {
        throw CatalogError(.unavailable, "not for this test")
    }
    func secrets(under kek: KEKVersion, _ page: Page) throws -> [SecretRecord] {
        throw CatalogError(.unavailable, "not for this test")
    }
    func rewrap(_ batch: RewrappedBatch) throws -> Int { throw CatalogError(.unavailable, "not for this test") }
    func keyLookup(_ keyID: KeyID) throws -> KeyLookup? { throw CatalogError(.unavailable, "not for this test") }
    func contentKeys(_ page: Page) throws -> [ContentKeyRecord] { throw CatalogError(.unavailable, "not here") }
    func assetsWithPoster(among names: [String]) -> Set<String> { [] }
    func assets(_ page: Page) throws -> [AssetRecord] { throw CatalogError(.unavailable, "not for this test") }
    func reserveFileNonces(asset: String, count: Int) throws -> [UInt64] {
        throw CatalogError(.unavailable, "not here")
    }
    func assetFile(_ id: AssetFileID) -> AssetFileRecord? { nil }
    func assetFile(asset: String, name: String) -> AssetFileRecord? { nil }
    func assetFiles(asset: String) -> [AssetFileRecord] { [] }
    func assetFiles(in state: AssetFileState) -> [AssetFileRecord] { [] }
    func assetFiles(digest: [UInt8]) -> [AssetFileRecord] { [] }
    func upload(_ id: UploadID) -> UploadRecord? { nil }
    func upload(of file: AssetFileID) -> UploadRecord? { nil }
    func uploads(expiringBefore time: Date) -> [UploadRecord] { [] }
    func upload(into asset: String, attempt: String) -> UploadRecord? { nil }
    func uploadedBytes() -> UInt64 { 0 }
    func storageAccounts() -> [StorageAccountRecord] { [] }
    func storageUse() -> [StorageAccountUse] { [] }
    func isOriginalKnown(_ part: String) -> Bool { false }
}

extension KeyAssignment {
    fileprivate var place: [String] { [asset, encryption.rawValue, label.rawValue, "\(sinceVersion)", "\(period)"] }
}

/// Of quarantine it keeps what documents declare.
extension FakeCatalog {
    func ingestRules() -> [IngestRules] { state.ingestRules.values.sorted { $0.name < $1.name } }
    func ingestRecord(_ file: AssetFileID) -> IngestRecord? { nil }
    func quarantinedFile(_ file: AssetFileID) -> QuarantinedFile? { nil }
    func requiredChecks() -> [String] { [] }
    func requiresInputChecks() -> Bool { false }
    func originalsToCheck(at now: Date, limit: Int) -> [QuarantinedFile] { [] }
    func reviews(matching query: ReviewQuery) -> [QuarantinedFile] { [] }
    func knownWorks(_ page: Page) -> [KnownWork] { [] }
}

/// Of jobs it keeps what documents declare.
extension FakeCatalog {
    func transform(named name: String) -> Transform? { state.transforms[name] }
    func transforms() -> [Transform] { state.transforms.values.sorted { $0.name < $1.name } }
    func notificationEndpoint(named name: String) -> NotificationEndpoint? { state.notificationEndpoints[name] }
    func notificationEndpoints() -> [NotificationEndpoint] {
        state.notificationEndpoints.values.sorted { $0.name < $1.name }
    }
    func job(_ id: JobID) throws -> JobRecord? { throw Self.notForThisTest }
    func jobs(matching query: JobQuery) throws -> [JobRecord] { throw Self.notForThisTest }
    func tasks(of job: JobID) throws -> [TaskRecord] { throw Self.notForThisTest }
    func takeNextTask(of kinds: [TaskKind], at now: Date) throws -> TakenTask? { throw Self.notForThisTest }
    func tasksUnderWay() throws -> [TakenTask] { throw Self.notForThisTest }
    func jobEvents(after sequence: Int64, job: JobID?, limit: Int) throws -> [JobEvent] { throw Self.notForThisTest }
    func lastJobEvent() throws -> Int64 { throw Self.notForThisTest }
    func deliveriesDue(at now: Date, limit: Int) throws -> [DeliveryRecord] { throw Self.notForThisTest }
    func deliveries(endpoint: String?, limit: Int) throws -> [DeliveryRecord] { throw Self.notForThisTest }

    private static var notForThisTest: CatalogError { CatalogError(.unavailable, "not for this test") }
}
