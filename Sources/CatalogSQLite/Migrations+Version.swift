import Catalog
import GRDB

extension Migrations {
    private static let newer = CatalogError(
        .unavailable, "the catalog is of a newer version than this program: bring this program up to date")

    /// For who would write: what a newer version has recorded may mean what this one does not know.
    ///
    /// - Throws: `CatalogError` when the schema is of a newer version than this program.
    static func refuseNewer(_ pool: DatabasePool) throws {
        let migrator = all
        guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else { throw newer }
    }

    /// For who may not bring the schema up to date.
    ///
    /// - Throws: `CatalogError` when the schema is not that of this program.
    static func requireCurrent(_ pool: DatabasePool) throws {
        let migrator = all
        let (isWhole, isNewer) = try pool.read {
            (try migrator.hasCompletedMigrations($0), try migrator.hasBeenSuperseded($0))
        }
        guard !isNewer else { throw newer }
        guard isWhole else {
            throw CatalogError(
                .unavailable,
                "the catalog is of an older version than this program: start the key service of this version first")
        }
    }
}
