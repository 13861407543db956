import Catalog
import ContentKeys
import Foundation
import GRDB
import Policies

extension Database {
    /// Applies one change within the caller's transaction. The only switch over changes.
    func apply(_ change: CatalogChange) throws {
        switch change {
        case .putAuthorizationPolicy(let policy): try put("authorizationPolicy", policy.name, policy)
        case .deleteAuthorizationPolicy(let name): try delete("authorizationPolicy", name)
        case .putDeliveryPolicy(let policy): try put("deliveryPolicy", policy.name, policy)
        case .deleteDeliveryPolicy(let name): try delete("deliveryPolicy", name)
        case .putAccessPolicy(let policy): try put("accessPolicy", policy.name, policy)
        case .deleteAccessPolicy(let name): try delete("accessPolicy", name)
        case .putFilter(let filter): try put("presentationFilter", filter.identity, filter)
        case .deleteFilter(let identity): try deleteFilter(identity)
        case .putStreamingEndpoint(let endpoint): try put(endpoint)
        case .deleteStreamingEndpoint(let name): try delete("streamingEndpoint", name)
        case .insertContentKey(let key): try insert(key)
        case .setAuthorizationPolicy(let keyID, let policy): try setAuthorizationPolicy(keyID, policy)
        case .changeContentKey(let keyID, let change): try self.change(keyID, change)
        case .removeContentKey(let keyID, let time): try removeContentKey(keyID, dueAt: time)
        case .insertKeySeed(let seed): try insert(seed)
        case .insertAssignment(let assignment): try insert(assignment)
        case .allocateIVNumbers(let keyID, let asset, let version, let tracks):
            try allocateIVNumbers(keyID, asset, version, tracks)
        case .insertLocator(let locator): try insert(locator)
        case .revokeLocator(let id): try revoke(id)
        case .putSecret(let secret): try put(secret)
        case .deleteSecret(let name): try delete("secret", name)
        case .insertKEKVersion(let record): try insert(record)
        case .completeKEKRotation(let version, let time): try completeRotation(version, time)
        case .retireKEKVersion(let version, let time): try retire(version, time)
        case .insertAsset(let asset): try insert(asset)
        case .insertAssetVersion(let version): try insert(version)
        case .setCurrentVersion(let asset, let number): try setCurrentVersion(asset, number)
        case .setTakedown(let asset, let takedown): try setTakedown(asset, takedown)
        case .deleteAsset(let name): try deleteAsset(name)
        case .insertAssetFile(let file): try insert(file)
        case .updateAssetFile(let file): try update(file)
        case .deleteAssetFile(let id): try deleteAssetFile(id)
        case .insertStorageAccount(let account): try insert(account)
        case .insertUpload(let upload): try insert(upload)
        case .updateUpload(let upload): try update(upload)
        case .deleteUpload(let id): try deleteUpload(id)
        case .useSealedKey(let use): try insert(use)
        case .insertUnpublishedVersion(let version): try insert(version, isCurrent: false)
        case .insertNextVersion(let version, let source):
            try insert(version, isCurrent: try currentVersion(ofAsset: version.asset) == source)
        case .insertJob(let job, let tasks): try insert(job, tasks)
        case .pipeline(let change): try apply(change)
        case .quarantine(let change): try apply(change)
        case .insertAuditKey(let key): try insert(key)
        case .audit(let event): try append(event)
        case .insertAdminToken(let token): try insert(token)
        case .revokeAdminToken(let name, let time): try revokeAdminToken(name, at: time)
        case .putRevocation(let revocation): try put(revocation)
        case .deleteRevocation(let id): try deleteRevocation(id)
        case .insertEncryptor(let encryptor): try insert(encryptor)
        case .revokeEncryptor(let name, let time): try revokeEncryptor(name, at: time)
        case .insertOrigin(let origin): try insert(origin)
        case .revokeOrigin(let name, let time): try revokeOrigin(name, at: time)
        case .require(let condition): try require(condition)
        }
    }

    /// Writes a document under its name. `table` is a literal of this file.
    func put(_ table: String, _ name: String, _ document: some Encodable) throws {
        try execute(
            sql: "INSERT INTO \(table) (name, document) VALUES (?, ?) "
                + "ON CONFLICT (name) DO UPDATE SET document = excluded.document",
            arguments: [name, try Column.json(document)])
    }

    func delete(_ table: String, _ name: String) throws {
        try execute(sql: "DELETE FROM \(table) WHERE name = ?", arguments: [name])
        try requireChange("there is no \(table) '\(name)'")
    }

    private func deleteFilter(_ identity: String) throws {
        let filter = try String.fetchOne(
            self, sql: "SELECT document FROM presentationFilter WHERE name = ?", arguments: [identity])
        if let filter = try filter.map({ try Column.value(PresentationFilter.self, json: $0) }) {
            let uses = try Row.fetchAll(
                self, sql: "SELECT asset, filters FROM locator WHERE filters <> '' AND revoked = 0")
            for row in uses where filter.asset == nil || filter.asset == row["asset"] as String {
                guard (row["filters"] as String).split(separator: ";").contains(filter.name[...]) else { continue }
                throw CatalogError(.inUse, "a locator of asset '\(row["asset"] as String)' has filter '\(filter.name)'")
            }
        }
        try delete("presentationFilter", identity)
    }

    private func put(_ secret: SecretRecord) throws {
        try requireUsable(secret.kek)
        try execute(
            sql: """
                INSERT INTO secret (name, kek, ciphertext, created) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET kek = excluded.kek, ciphertext = excluded.ciphertext,
                    created = excluded.created
                """,
            arguments: [
                secret.name, secret.kek.rawValue, Data(secret.ciphertext), secret.created.timeIntervalSince1970,
            ])
    }

    /// Throws `missing` when the last statement changed nothing.
    func requireChange(_ reason: String) throws {
        guard changesCount > 0 else { throw CatalogError(.missing, reason) }
    }

    /// Throws `missing` unless a row of that name exists. `table` is a literal of this target.
    func require(_ table: String, _ name: String, of kind: String) throws {
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE name = ?)", arguments: [name])
        guard exists == true else { throw CatalogError(.missing, "there is no \(kind) '\(name)'") }
    }
}
