import Catalog
import ContentKeys
import Foundation
import GRDB
import Policies

extension Database {
    /// Throws `changed` unless what is stored is what the condition says.
    func require(_ condition: CatalogCondition) throws {
        switch condition {
        case .authorizationPolicy(let name, let policy):
            try require("authorizationPolicy", name, is: policy.map(Column.json), "the authorization policy")
        case .deliveryPolicy(let name, let policy):
            try require("deliveryPolicy", name, is: policy.map(Column.json), "the delivery policy")
        case .accessPolicy(let name, let policy):
            // Its permissions are a set, which is written in any order.
            let stored = try String.fetchOne(
                self, sql: "SELECT document FROM accessPolicy WHERE name = ?", arguments: [name])
            guard try stored.map({ try Column.value(AccessPolicy.self, json: $0) }) == policy else {
                throw Self.changed("the access policy", name)
            }
        case .streamingEndpoint(let name, let endpoint):
            try require("streamingEndpoint", name, is: endpoint.map(Column.json), "the endpoint")
        case .transform(let name, let transform):
            try require("transform", name, is: transform.map(Column.json), "the transform")
        case .asset(let asset):
            guard try self.asset(named: asset.name) == asset else { throw Self.changed("the asset", asset.name) }
        case .secret(let name, let secret):
            let stored = try Data.fetchOne(
                self, sql: "SELECT ciphertext FROM secret WHERE name = ?", arguments: [name])
            guard stored.map(Array.init) == secret?.ciphertext else { throw Self.changed("the secret", name) }
        case .contentKey(let key):
            guard try contentKey(key.keyID) == key else {
                throw Self.changed("the key", key.name ?? key.keyID.description)
            }
        case .original(let file, let record):
            guard try quarantinedFile(file.id) == QuarantinedFile(file: file, record: record) else {
                throw Self.changed("the file", "\(file.asset)/\(file.name)")
            }
        case .requiredChecks(let known):
            let missing = try requiredChecks().first { name in !known.contains { $0.isExactly(name) } }
            if let missing { throw Self.changed("the required check", missing) }
        case .upload(let upload):
            guard try self.upload(upload.id) == upload else { throw Self.changed("the upload", upload.id.rawValue) }
        case .uploadedBytes(let limit):
            let bytes = try uploadedBytes()
            guard bytes <= limit else {
                throw CatalogError(.limit, "originals would take \(bytes) of \(limit) bytes (uploads.quota)")
            }
        case .assetFiles(let asset, let limit):
            guard try countAssetFiles(asset) <= limit else {
                throw CatalogError(.limit, "asset '\(asset)' has \(limit) files already (uploads.filesPerAsset)")
            }
        case .sasLocators(let asset, let limit, let now):
            let open = try Int.fetchOne(
                self,
                sql: """
                    SELECT count(*) FROM locator
                    WHERE asset = ? AND kind = 'sas' AND revoked = 0 AND "end" > ?
                    """, arguments: [asset, now.timeIntervalSince1970])
            guard open ?? 0 <= limit else {
                throw CatalogError(
                    .limit,
                    "asset '\(asset)' has \(limit) SAS locators, as many as it may (sas.locatorsPerAsset); revoke one")
            }
        }
    }

    /// `table` is a literal of this file.
    private func require(_ table: String, _ name: String, is expected: String?, _ what: String) throws {
        let stored = try String.fetchOne(
            self, sql: "SELECT document FROM \(table) WHERE name = ?", arguments: [name])
        guard stored.isExactly(expected) else { throw Self.changed(what, name) }
    }

    private static func changed(_ what: String, _ name: String) -> CatalogError {
        CatalogError(.changed, "\(what) '\(name)' was changed in the meantime")
    }
}
