import Catalog
import ContentKeys
import Foundation
import Policies

/// Where keys are in use at one time. Each asset is read once, however many of its keys are asked for together: one whose keys
/// change with time has hundreds.
struct OriginKeyPlaces {
    /// An asset, as far as keys are concerned.
    private struct Asset {
        /// One for each kind of open locator.
        var terms: [LocatorTerms] = []
        var isTakenDown = false
        /// Those of the version that is served.
        var assignments: [KeyID: [KeyAssignment]] = [:]
    }

    /// What tells locators apart that publish differently.
    private struct Kind: Hashable {
        var policies: [String]
        var access: String
    }

    /// Most kinds of locator of one asset that are looked at: those that differ in their policies.
    private static let mostKinds = 64

    private let catalog: any CatalogEngine
    private let time: Date
    private var assets: [Exact<String>: Asset] = [:]

    init(catalog: any CatalogEngine, at time: Date) {
        self.catalog = catalog
        self.time = time
    }

    /// The places of one key.
    mutating func places(of request: OriginKeyRequest) async throws -> [OriginKeyPlace] {
        let uses = try await catalog.keyUses(request.keyID)
        switch request.use {
        case .storage:
            guard let name = uses.storageOf else { return [] }
            let asset = try await asset(name)
            return asset.terms.map { OriginKeyPlace(terms: $0, label: nil, isTakenDown: asset.isTakenDown) }
        case .encryption(let encryption, _):
            var places: [OriginKeyPlace] = []
            for name in Set(uses.assignments.map(\.asset)).sorted() {
                let asset = try await asset(name)
                let labels = Set(
                    (asset.assignments[request.keyID] ?? []).filter { $0.encryption == encryption }.map(\.label))
                places += asset.terms.flatMap { terms in
                    labels.map { OriginKeyPlace(terms: terms, label: $0, isTakenDown: asset.isTakenDown) }
                }
            }
            return places
        }
    }

    private mutating func asset(_ name: String) async throws -> Asset {
        if let known = assets[Exact(name)] { return known }
        let asset = try await read(name)
        assets[Exact(name)] = asset
        return asset
    }

    private func read(_ name: String) async throws -> Asset {
        guard let record = try await catalog.asset(named: name) else { return Asset() }
        var asset = Asset(isTakenDown: record.takedown != nil)
        if let version = record.currentVersion {
            let assignments = try await catalog.keyAssignments(asset: name).inForce(at: version)
            asset.assignments = Dictionary(grouping: assignments, by: \.keyID)
        }
        var kinds: Set<Kind> = []
        for locator in try await catalog.locators(asset: name)
        where locator.kind == .streaming && locator.isOpen(at: time) {
            let kind = Kind(policies: locator.deliveryPolicies, access: locator.accessPolicy)
            // Locators that differ in nothing that counts are looked at once.
            guard kinds.count < Self.mostKinds, kinds.insert(kind).inserted,
                let lookup = try await catalog.locatorLookup(locator.id)
            else { continue }
            asset.terms.append(lookup.terms)
        }
        return asset
    }
}
