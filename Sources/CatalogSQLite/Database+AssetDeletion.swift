import Catalog
import ContentKeys
import GRDB

extension Database {
    /// Removes an asset and everything that is only about it. Numbers that its keys gave are not given again: keys count
    /// for themselves.
    func deleteAsset(_ name: String) throws {
        guard let asset = try asset(named: name) else {
            throw CatalogError(.missing, "there is no asset '\(name)'")
        }
        let isWorkedOn = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM job WHERE asset = ? AND ended IS NULL)", arguments: [name])
        guard isWorkedOn != true else {
            // What it makes would bring the asset back.
            throw CatalogError(.inUse, "a job of asset '\(name)' has not ended: cancel it first, or wait for its end")
        }
        let keys = try storageKeys(ofFiles: "asset = ?", [name]) + [Column.blob(asset.storageKey)]
        let statements = [
            "DELETE FROM locatorDeliveryPolicy WHERE locator IN (SELECT id FROM locator WHERE asset = ?)",
            "DELETE FROM locator WHERE asset = ?",
            "DELETE FROM keyAssignment WHERE asset = ?",
            "DELETE FROM ivAllocation WHERE asset = ?",
            "DELETE FROM track WHERE asset = ?",
            "DELETE FROM assetVersion WHERE asset = ?",
            "DELETE FROM originalPart WHERE file IN (SELECT id FROM assetFile WHERE asset = ?)",
            "DELETE FROM assetFile WHERE asset = ?",
            "DELETE FROM upload WHERE asset = ?",
            "DELETE FROM asset WHERE name = ?",
        ]
        for statement in statements { try execute(sql: statement, arguments: [name]) }
        try execute(
            sql: "DELETE FROM presentationFilter WHERE substr(name, 1, length(?1) + 1) = ?1 || '/'", arguments: [name])
        try deleteUnusedStorageKeys(keys)
    }
}
