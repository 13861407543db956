import AssetFiles
import Catalog
import Foundation
import MediaStorage

/// What workers that died left in storage: it is removed from each account before this worker writes anything there. An account
/// that is away has its turn when it is back.
actor Leftovers {
    private let catalog: any CatalogEngine
    private let storage: any MediaStorage
    /// Accounts that had no turn yet.
    private var waiting: Set<String?> = []
    /// Those whose turn it is.
    private var turns: [String?: Task<Void, any Error>] = [:]

    init(catalog: any CatalogEngine, storage: any MediaStorage) {
        self.catalog = catalog
        self.storage = storage
    }

    /// From here on every account is to have its turn: a worker begins, and writes nothing yet.
    func begin() {
        waiting = Set(storage.accountNames)
    }

    /// Gives each account that waits its turn, if it is there.
    ///
    /// - Returns: why leftovers of some stay, and may stay: they take space, and keep no job from being done.
    func removeAll() async throws -> [MediaStorageError] {
        var obstacles: [MediaStorageError] = []
        for account in waiting {
            do {
                try await remove(from: account)
            } catch let error as MediaStorageError where error.code == .unavailable {
                continue
            } catch let error as MediaStorageError {
                obstacles.append(error)
            }
        }
        return obstacles
    }

    /// To be called before anything is written to an account. What fails otherwise than by its being away has had its turn: what
    /// is there is told from what is being written by this alone, that nothing was.
    ///
    /// - Throws: `MediaStorageError`; `CatalogError` when nobody can tell leftovers from versions.
    func remove(from account: String?) async throws {
        guard waiting.contains(account) else { return }
        // Whoever comes while it goes on waits for the same one: nobody writes before it has ended.
        let turn = turns[account] ?? Task { try await take(account) }
        turns[account] = turn
        try await turn.value
    }

    private func take(_ account: String?) async throws {
        defer { turns[account] = nil }
        do {
            try await sweep(account)
            waiting.remove(account)
        } catch let error as MediaStorageError {
            if error.code != .unavailable { waiting.remove(account) }
            throw error
        }
    }

    /// Removes what lies there of an asset and is none of its versions: a run that was broken off between its files and its
    /// record has left it, or an asset of this name was deleted while the account was away. To be called before a version
    /// becomes visible there: jobs of an asset run one after the other.
    ///
    /// - Throws: `MediaStorageError`; `CatalogError`.
    func remove(of asset: String, from account: String?) async throws {
        let known = try await versions(of: asset, in: account)
        try await LongDiskWork.run(blocking: { [storage] in
            try storage.removeVersions(of: asset, in: account) { known.contains($0) }
        })
    }

    /// The same in every account that is there, of a task that still has the asset: what stays is removed with the next version.
    func remove(of asset: String) async {
        for account in storage.accountNames { try? await remove(of: asset, from: account) }
    }

    private func sweep(_ account: String?) async throws {
        // While the account is away, this says so before the catalog is read.
        try await LongDiskWork.run(blocking: { [storage] in try storage.removeLeftovers(in: account) { _, _ in true } })
        let known = try await versions(in: account)
        try await LongDiskWork.run(blocking: { [storage] in
            try storage.removeLeftovers(in: account) { asset, version in known[asset]?.contains(version) ?? false }
        })
    }

    /// Also those that are newer than the one that is served: it may have been rolled back.
    private func versions(in account: String?) async throws -> [String: Set<Int>] {
        var known: [String: Set<Int>] = [:]
        var page = Page(limit: 1000)
        while true {
            let assets = try await catalog.assets(page)
            for asset in assets {
                known[asset.name] = try await versions(of: asset.name, in: account)
            }
            guard let last = assets.last else { return known }
            page.after = last.name
        }
    }

    private func versions(of asset: String, in account: String?) async throws -> Set<Int> {
        var known: Set<Int> = []
        for number in try await catalog.assetVersions(asset: asset) {
            // What lies elsewhere by its record is a leftover here.
            guard let version = try await catalog.assetVersion(asset: asset, number: number),
                version.storageAccount == account
            else { continue }
            known.insert(number)
        }
        return known
    }
}
