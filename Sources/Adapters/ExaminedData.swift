public import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping
import LicenceForwarding
import Policies
import Tokens
import TransitKEK

/// A data folder as somebody sees it who only looks: nothing is made, brought up to date or removed.
public struct ExaminedData: Sendable {
    public let catalog: any CatalogEngine
    private let engine: SQLiteCatalog
    private let stores: KEKStores

    /// What is to be said of one version of the key-encryption key.
    public struct KEKState: Sendable {
        public var record: KEKVersionRecord
        /// Whether something is wrapped under it, or new things are.
        public var isNeeded: Bool
        /// Where it is, for people.
        public var place: String
        /// Nil for one that is there, is the recorded key, and opens what it wrapped.
        public var problem: String?
        /// Whether it was not looked at, since that asks a server.
        public var isUnknown = false
    }

    /// How the catalog's file looks from outside.
    ///
    /// - Throws: `CatalogError` when there is none that can be read.
    public static func inspect(dataFolder: String) throws -> CatalogFileFinding {
        try SQLiteCatalogFiles().inspect(dataFolder + "/catalog.sqlite")
    }

    /// - Throws: `CatalogError` unless the catalog is of this program's version.
    public init(dataFolder: String, kek: KEKConfiguration) throws {
        engine = try SQLiteCatalog(readingFrom: dataFolder + "/catalog.sqlite")
        catalog = engine
        stores = KEKStores(folder: KEKFolder(path: dataFolder + "/kek"), configuration: kek)
    }

    /// Every version that is not retired.
    ///
    /// - Parameter asksServers: whether a transit engine may be asked.
    public func keks(asksServers: Bool) async throws -> [KEKState] {
        let inUse = Set(try await catalog.kekUsage().map(\.version))
        let records = try await catalog.kekVersions()
        var states: [KEKState] = []
        for record in records where record.retired == nil {
            var state = KEKState(
                record: record, isNeeded: inUse.contains(record.version) || record.version == records.last?.version,
                place: stores[record.provider]?.place(of: record.version) ?? "a transit engine that is not configured")
            if record.provider == .transit, !asksServers {
                state.isUnknown = true
            } else {
                do {
                    try await KEKOpening(catalog: engine, stores: stores, provider: record.provider).check(record)
                } catch let error as InstallationError {
                    state.problem = error.description
                }
            }
            states.append(state)
        }
        return states
    }
}

extension ServiceConfiguration {
    /// A server elsewhere that this service asks.
    public struct Upstream: Sendable, Hashable {
        /// The field that names it.
        public var field: String
        public var host: String
        public var port: Int
    }

    /// The servers elsewhere that are configured.
    public var upstreams: [Upstream] {
        var upstreams: [Upstream] = []
        for (system, server) in licences.servers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            upstreams += Self.upstream("licences.\(system.rawValue).url", server.address.url)
        }
        for host in keySets.rules.hosts { upstreams += Self.upstream("keySets.hosts", "https://\(host)") }
        if let transit = kek.transit { upstreams += Self.upstream("kek.transit.address", transit.address) }
        return upstreams
    }

    private static func upstream(_ field: String, _ url: String) -> [Upstream] {
        guard let url = URL(string: url), let host = url.host else { return [] }
        return [Upstream(field: field, host: host, port: url.port ?? (url.scheme == "http" ? 80 : 443))]
    }

    /// Certificates of others that are configured, by their fields.
    public var certificateFiles: [(field: String, path: String)] {
        licences.servers.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { system, server in
            server.recipient.map { ("licences.\(system.rawValue).recipient", $0) }
        }
    }
}
