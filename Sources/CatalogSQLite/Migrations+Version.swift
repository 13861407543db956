import Catalog
import GRDB

extension Migrations {
    /// For who may not bring the schema up to date.
    ///
    /// - Throws: `CatalogError` when the schema is not that of this program.
    static func requireCurrent(_ pool: DatabasePool) throws {
        let migrator = all
        let (isWhole, isNewer) = try pool.read {
            (try migrator.hasCompletedMigrations($0), try migrator.hasBeenSuperseded($0))
        }
        guard isWhole, !isNewer else {
            throw CatalogError(
                .unavailable,
                isNewer
                    ? "the catalog is of a newer version than this program: bring this program up to date"
                    : "the catalog is of an older version than this program: start the key service of this version first"
            )
        }
    }
}
