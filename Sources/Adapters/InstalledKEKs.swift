public import Administration
public import Catalog
import CatalogSQLite
public import ContentKeys
import Foundation
import KeyWrapping
public import Logging
import TransitKEK

/// The KEKs of a data folder: the engines that hold them and what the catalog records of them.
public struct InstalledKEKs: Sendable {
    public let provider: KEKProviderKind
    let ring: KEKRing
    let stores: KEKStores
    let wrapping: KeyWrapping

    /// Where a version is, for people.
    public func place(of record: KEKVersionRecord) -> String {
        stores[record.provider]?.place(of: record.version) ?? "a transit engine that is not configured"
    }

    /// Whether something lies in a version's place.
    public func isThere(_ record: KEKVersionRecord) -> Bool {
        stores[record.provider]?.holds(record.version) ?? false
    }

    /// The versions that something may be wrapped under and that are not held; none where the catalog does not say.
    public var missing: [Int] { (try? ring.missing())?.map { Int($0.rawValue) } ?? [] }

    /// How many versions are held.
    public var heldCount: Int { ring.heldCount }

    /// Follows the catalog's versions and renews the transit token until the task is cancelled. Failures are logged, and
    /// tried again: the service goes on with what it holds.
    public func keep(logger: Logger) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follow(logger) }
            if let transit = stores.transit { group.addTask { await transit.keepToken(logger: logger) } }
        }
    }

    private func follow(_ logger: Logger) async {
        var last: String?
        while !Task.isCancelled {
            do {
                try await ring.refresh()
                last = nil
            } catch {
                // Said once, not every second.
                if last != "\(error)" { logger.error("a KEK version is not at hand: \(error)") }
                last = "\(error)"
            }
            try? await Task.sleep(for: KEKRing.interval)
        }
    }
}

extension InstalledKEKs: KEKKeeper {
    /// A transit engine is asked by each server's background work; the others are read by whoever needs them.
    public var settlingTime: Duration { provider == .transit ? KEKRing.interval * 3 : .zero }

    public func make(_ version: KEKVersion) async throws -> [UInt8] {
        guard let store = stores[provider] else {
            throw InstallationError("kek.provider is \(provider.rawValue), which is not configured")
        }
        return try await InstallationError.mapping { try await store.create(version).makeProof() }
    }

    public func refresh() async throws {
        try await InstallationError.mapping { try await ring.refresh() }
    }

    public func rewrap(_ key: WrappedContentKey, under version: KEKVersion) throws -> WrappedContentKey {
        try wrapping.rewrap(key, under: version)
    }

    public func rewrap(_ secret: SecretRecord, under version: KEKVersion) throws -> SecretRecord {
        var rewrapped = secret
        rewrapped.ciphertext = try wrapping.rewrapSecret(
            named: secret.name, kek: secret.kek, ciphertext: secret.ciphertext, under: version)
        rewrapped.kek = version
        return rewrapped
    }

    public func rewrap(_ seed: WrappedKeySeed, under version: KEKVersion) throws -> WrappedKeySeed {
        try wrapping.rewrapSeed(seed, under: version)
    }

    public func rewrap(_ key: AuditKeyRecord, under version: KEKVersion) throws -> AuditKeyRecord {
        var rewrapped = key
        rewrapped.ciphertext = try wrapping.rewrapAuditKey(
            publicKey: key.publicKey.bytes, kek: key.kek, ciphertext: key.ciphertext, under: version)
        rewrapped.kek = version
        return rewrapped
    }

    public func putAside(_ record: KEKVersionRecord) throws -> String {
        guard let store = stores[record.provider] else { return "its transit engine is not configured here" }
        do {
            return try store.retire(record.version)
        } catch let error as KEKError {
            throw InstallationError(error.description)
        }
    }
}

/// The engines that hold KEKs, as the configuration says.
struct KEKStores: Sendable {
    let file: FileKEKStore
    let environment: EnvironmentKEKStore
    let transit: TransitKEKStore?

    /// Read once, when the program starts.
    static let processEnvironment = EnvironmentKEKStore.takeFromProcess()

    init(folder: KEKFolder, configuration: KEKConfiguration) {
        file = FileKEKStore(folder: folder)
        environment = Self.processEnvironment
        transit = configuration.transit.map { TransitKEKStore(folder: folder, configuration: $0) }
    }

    var all: [any KEKStore] { [file, environment] + (transit.map { [$0] } ?? []) }

    subscript(kind: KEKProviderKind) -> (any KEKStore)? {
        switch kind {
        case .file: file
        case .environment: environment
        case .transit: transit
        }
    }
}

/// The versions as `kekVersion` holds them.
struct CatalogKEKRegister: KEKRegister {
    /// Not held: the catalog holds what recognises the KIDs of its seeds, which holds the KEKs, which hold this. Whoever asks for
    /// KEKs has the catalog open, where what they wrap is.
    private weak let catalog: SQLiteCatalog?

    init(catalog: SQLiteCatalog) {
        self.catalog = catalog
    }

    func entries() throws -> [KEKEntry] {
        guard let catalog else { throw CatalogError(.unavailable, "the catalog is closed") }
        return try catalog.kekVersionsBlocking().map(KEKEntry.init)
    }
}

extension KEKEntry {
    init(_ record: KEKVersionRecord) {
        self.init(version: record.version, provider: record.provider, proof: record.proof, retired: record.retired)
    }
}

extension InstallationError {
    /// Says a KEK's error as the installation's.
    static func mapping<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as KEKError {
            throw InstallationError(error.description)
        }
    }
}
