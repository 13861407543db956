public import Foundation

/// Which backup a catalog was made of.
public struct RestoredBackup: Sendable, Hashable {
    /// The backup's identifier.
    public var id: String
    public var taken: Date
    /// Who restored it, for the audit log.
    public var actor: String?

    public init(id: String, taken: Date, actor: String?) {
        self.id = id
        self.taken = taken
        self.actor = actor
    }
}

/// How a catalog's file looks from outside.
public struct CatalogFileFinding: Sendable, Hashable {
    /// What is wrong with it, at most so many lines as are worth reading.
    public var damage: [String]
    /// Steps of its schema that this program knows and the file has not: it is older.
    public var missing: [String]
    /// Steps that the file has and this program does not know: it is newer.
    public var unknown: [String]

    public init(damage: [String], missing: [String], unknown: [String]) {
        self.damage = damage
        self.missing = missing
        self.unknown = unknown
    }
}

/// Catalogs as files that are copied, looked at and brought back: a port beside `CatalogEngine`. Every function throws
/// `CatalogError`.
public protocol CatalogFiles: Sendable {
    /// Copies a catalog that other processes read and write, as it is at one moment. Nothing of what was deleted is in the
    /// copy. Durable when it returns.
    ///
    /// - Parameter target: must not be there; made with mode 0600.
    func copy(_ source: String, to target: String) throws
    /// Reads a whole file, and changes nothing.
    func inspect(_ path: String) throws -> CatalogFileFinding
    /// Opens a file of this program's version for reading alone.
    func read(_ path: String) throws -> any CatalogEngine
    /// Opens a backup's copy, and brings it up to date.
    func open(_ path: String) throws -> any RestorableCatalog
}

/// A backup's copy of a catalog on its way to be one that may be worked with.
public protocol RestorableCatalog: CatalogEngine {
    /// Sees that no number that was given after the backup is given again, that tokens with a limit of uses that may have
    /// been used since are used up, and that the audit log says so.
    ///
    /// - Parameter accounts: the storage accounts that media was restored into; what was in any other is in the default one.
    /// - Throws: `CatalogError`; `conflict` when the clock is wrong, which the numbers depend on.
    func restore(_ backup: RestoredBackup, accounts: [StorageAccountRecord], at now: Date) async throws
    /// Makes the file alone the catalog, and closes it. Nothing may be asked after.
    func settle() throws
}
