import Catalog
import ContentKeys
import Foundation
import GRDB

extension Database {
    func setCurrentVersion(_ asset: String, _ number: Int) throws {
        try execute(
            sql: """
                UPDATE asset SET currentVersion = ?1
                WHERE name = ?2 AND EXISTS (SELECT 1 FROM assetVersion WHERE asset = ?2 AND number = ?1)
                """,
            arguments: [number, asset])
        try requireChange("asset '\(asset)' has no version \(number)")
    }

    /// The asset's keys are told of with it: who remembers them has to look again.
    func setTakedown(_ asset: String, _ takedown: Takedown?) throws {
        try execute(
            sql: "UPDATE asset SET takenDown = ?, takedownReason = ? WHERE name = ?",
            arguments: [takedown?.time.timeIntervalSince1970, takedown?.reason, asset])
        try requireChange("there is no asset '\(asset)'")
        try execute(
            sql: """
                INSERT INTO changeLog (subject, id)
                SELECT 'contentKey', hex(kid) FROM (SELECT DISTINCT kid FROM keyAssignment WHERE asset = ?)
                """,
            arguments: [asset])
    }

    /// Whether a key is of assets that were taken down, and of no other: then nobody is given it.
    func isWithheld(_ keyID: KeyID) throws -> Bool {
        let statement = try cachedStatement(
            sql: """
                SELECT min(a.takenDown IS NOT NULL) FROM keyAssignment k JOIN asset a ON a.name = k.asset
                WHERE k.kid = ?
                """)
        return try Bool.fetchOne(statement, arguments: [Column.blob(keyID)]) ?? false
    }
}
