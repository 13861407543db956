import Administration
import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping

/// Loads the KEKs when a data folder is opened, and finds there what would else fail at the first request: each version
/// that something is wrapped under must be there, be the right key, and open samples.
struct KEKOpening {
    /// One damaged row is not a wrong KEK: of so many samples one must open.
    private static let sampleCount = 3

    let catalog: SQLiteCatalog
    let stores: KEKStores
    let provider: KEKProviderKind

    func open() async throws -> InstalledKEKs {
        let usage = try await catalog.kekUsage()
        var records = try await catalog.kekVersions()
        if records.isEmpty {
            try await record(usage)
            records = try await catalog.kekVersions()
        }
        let inUse = Set(usage.map(\.version))
        guard let newest = records.last, inUse.isSubset(of: records.filter { $0.retired == nil }.map(\.version)) else {
            let unknown = inUse.subtracting(records.filter { $0.retired == nil }.map(\.version))
            throw InstallationError(
                "the catalog is damaged: something is wrapped under KEK version "
                    + unknown.map { "\($0.rawValue)" }.sorted().joined(separator: ", ")
                    + ", which it does not record or has retired; restore the catalog from its backup")
        }
        var held: [KEK] = []
        for record in records where record.retired == nil {
            // A version that nothing needs may be away.
            let isNeeded = inUse.contains(record.version) || record.version == newest.version
            do {
                held.append(try await load(record))
            } catch let error as InstallationError {
                if isNeeded { throw error }
            }
        }
        guard let current = held.last(where: { $0.version == newest.version }) else {
            throw InstallationError("key-encryption key version \(newest.version.rawValue) is not at hand")
        }
        let ring = KEKRing(
            register: CatalogKEKRegister(catalog: catalog), stores: stores.all, held: held, current: current)
        let wrapping = KeyWrapping(provider: ring)
        for version in inUse.sorted() { try await checkSamples(under: version, wrapping) }
        return InstalledKEKs(provider: provider, ring: ring, stores: stores, wrapping: wrapping)
    }

    /// Throws unless a version is there, is the recorded key, and opens what it wrapped. Changes nothing.
    func check(_ record: KEKVersionRecord) async throws {
        let kek = try await load(record)
        let ring = KEKRing(register: CatalogKEKRegister(catalog: catalog), stores: [], held: [kek], current: kek)
        try await checkSamples(under: record.version, KeyWrapping(provider: ring))
    }

    private func load(_ record: KEKVersionRecord) async throws -> KEK {
        let title = "key-encryption key version \(record.version.rawValue)"
        do {
            guard let store = stores[record.provider] else { throw KEKError.notConfigured(KEKEntry(record)) }
            let kek = try await store.load(record.version)
            guard kek.made(proof: record.proof) else { throw KEKError.wrong(KEKEntry(record), store) }
            return kek
        } catch let error as KEKError {
            throw InstallationError("\(title) (\(record.provider.rawValue)): \(error)")
        }
    }

    private func checkSamples(under version: KEKVersion, _ wrapping: KeyWrapping) async throws {
        let keys = try await catalog.contentKeys(under: version, Page(limit: Self.sampleCount))
        if let first = keys.first, !keys.contains(where: wrapping.opens) {
            throw damage("key \(first.keyID)", version)
        }
        let secrets = try await catalog.secrets(under: version, Page(limit: Self.sampleCount))
        let opens = secrets.contains {
            wrapping.opens(secret: $0.name, kek: $0.kek, ciphertext: $0.ciphertext)
        }
        if let first = secrets.first, !opens { throw damage("secret '\(first.name)'", version) }
    }

    private func damage(_ what: String, _ version: KEKVersion) -> InstallationError {
        InstallationError(
            "the catalog is damaged: \(what) does not open under key-encryption key version \(version.rawValue), which is "
                + "the right one; restore the catalog from its backup")
    }

    /// The first records: of a new data folder, or of one that was made before versions were recorded.
    private func record(_ usage: [KEKUsage]) async throws {
        let now = Date()
        var changes: [CatalogChange] = []
        if usage.isEmpty {
            let kek = try await InstallationError.mapping { try await first() }
            changes.append(
                .insertKEKVersion(
                    KEKVersionRecord(
                        version: kek.version, provider: provider, proof: try kek.makeProof(), created: now,
                        completed: now)))
            changes.append(.audit(.kek(.kekCreated, kek.version, at: now)))
        }
        for version in usage.map(\.version) {
            let kek = try await InstallationError.mapping { try await stores.file.load(version) }
            try await checkFile(kek)
            changes.append(
                .insertKEKVersion(
                    KEKVersionRecord(
                        version: version, provider: .file, proof: try kek.makeProof(), created: now, completed: now)))
        }
        do {
            try await catalog.apply(changes)
        } catch let error as CatalogError where error.code == .exists {
            // Another process opened the folder at the same time.
        }
    }

    /// The newest version that lies there, else a new version 1.
    private func first() async throws -> KEK {
        guard let store = stores[provider] else {
            throw KEKError("kek.provider is \(provider.rawValue), which is not configured")
        }
        var version = KEKVersion(rawValue: 1)
        while store.holds(KEKVersion(rawValue: version.rawValue + 1)) {
            version = KEKVersion(rawValue: version.rawValue + 1)
        }
        return store.holds(version) ? try await store.load(version) : try await store.create(version)
    }

    /// A file of an unrecorded version has no proof yet: what it wrapped is one.
    private func checkFile(_ kek: KEK) async throws {
        let ring = KEKRing(register: CatalogKEKRegister(catalog: catalog), stores: [], held: [kek], current: kek)
        let wrapping = KeyWrapping(provider: ring)
        let keys = try await catalog.contentKeys(under: kek.version, Page(limit: Self.sampleCount))
        let secrets = try await catalog.secrets(under: kek.version, Page(limit: Self.sampleCount))
        guard
            keys.contains(where: wrapping.opens)
                || secrets.contains(where: { wrapping.opens(secret: $0.name, kek: $0.kek, ciphertext: $0.ciphertext) })
        else {
            throw InstallationError(
                "\(stores.file.place(of: kek.version)) is not the key that this catalog was made with; restore the "
                    + "right one from its backup")
        }
    }
}
