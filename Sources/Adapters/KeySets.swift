import Catalog
import CatalogSQLite
import Configuration
import Foundation
import KeySetHTTP
import Policies
import Settings
public import Tokens

/// Where issuers' published keys may be read.
public struct KeySetConfiguration: Sendable, Hashable {
    public var rules = KeySetRules()
    /// A PEM file with the authorities of the servers' certificates; nil for the system's.
    public var authorities: String?

    static let fields = ["keySets.hosts", "keySets.refresh", "keySets.caFile"]

    /// No host is asked.
    public init() {}

    init(_ reader: ConfigReader) throws {
        rules.hosts = (reader.list("keySets.hosts") ?? []).map { $0.lowercased() }
        if let host = rules.hosts.first(where: { $0.contains("/") || $0.contains("*") }) {
            throw ConfigurationError("keySets.hosts lists HOST or HOST:PORT, each by its full name, not '\(host)'")
        }
        if let seconds = try reader.duration("keySets.refresh", in: 60...86_400) { rules.refresh = seconds }
        authorities = reader.string(forKey: "keySets.caFile")
    }

    func makeKeeper(_ catalog: SQLiteCatalog) -> KeySetKeeper {
        KeySetKeeper(
            rules: rules, fetcher: HTTPDocumentFetcher(authorities: authorities),
            store: CatalogKeySets(catalog: catalog))
    }
}

/// Key sets in the catalog.
private struct CatalogKeySets: KeySetStore {
    let catalog: SQLiteCatalog

    func storedKeySet(at location: KeySetLocation) async throws -> StoredKeySet? {
        try await catalog.keySet(kind: location.kind.rawValue, url: location.url).map { record in
            StoredKeySet(
                location: location, issuer: record.issuer, document: record.document, fetched: record.fetched)
        }
    }

    func storeKeySet(_ set: StoredKeySet) async throws {
        try await catalog.putKeySet(
            KeySetRecord(
                kind: set.location.kind.rawValue, url: set.location.url, issuer: set.issuer, document: set.document,
                fetched: set.fetched))
    }
}
