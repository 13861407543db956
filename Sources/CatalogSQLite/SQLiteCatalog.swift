public import Catalog
import Foundation
import GRDB
import Glibc
public import Policies
import Synchronization

/// The catalog in one SQLite file: write-ahead log, one writer, foreign keys, every commit durable (`synchronous=FULL`).
/// Several processes may use the file at once.
public final class SQLiteCatalog: CatalogEngine {
    let pool: DatabasePool
    /// For reads on the calling thread. A connection of its own: on the pool such a reader could wait for readers that in
    /// turn wait for a thread, of which there may be none left.
    let immediate: DatabaseQueue
    /// Nil until the KEKs are at hand: then no KID is recognised without a row.
    let recogniser = Mutex<(any KeySeedRecogniser)?>(nil)
    let policies = DecodedPolicies()
    let noticed = Mutex<NoticedState?>(nil)
    let committer: AuditCommitter
    /// How many pages of 4 KiB the write-ahead log gathers before they are moved into the file, which holds up everybody: few,
    /// so that it does so shortly.
    private static let checkpointedPages = 400

    /// - Parameter path: the database file; made, with mode 0600, when it is not there.
    /// - Throws: `CatalogError`, also when the file is of a newer version than this program.
    public convenience init(path: String) throws {
        try self.init(path: path, auditLockTimeout: AuditCommitter.lockTimeout)
    }

    /// - Parameter auditLockTimeout: how long decisions wait for a lock of another process, in milliseconds.
    init(path: String, auditLockTimeout: Int) throws {
        try Self.prepareFile(path)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(TimeInterval(AuditCommitter.ordinaryLockTimeout) / 1000)
        configuration.label = "keyway.catalog"
        do {
            pool = try Self.pool(path: path, configuration: configuration)
            try Migrations.refuseNewer(pool)
            try Migrations.run(on: pool)
            // GRDB sets NORMAL when it turns the write-ahead log on; it would lose commits with the power.
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointedPages)")
            }
            configuration.readonly = true
            immediate = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw CatalogError(database: error)
        }
        committer = AuditCommitter(pool: pool, lockTimeout: auditLockTimeout)
    }

    /// Opens a catalog that another process keeps, for reading alone: nothing is made, changed or brought up to date, and every
    /// change throws `unavailable`.
    ///
    /// - Throws: `CatalogError`, also when the file is of another version than this program.
    public init(readingFrom path: String) throws {
        guard access(path, R_OK) == 0 else {
            throw CatalogError(.unavailable, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(TimeInterval(AuditCommitter.ordinaryLockTimeout) / 1000)
        configuration.label = "keyway.catalog"
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try Migrations.requireCurrent(pool)
            immediate = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw CatalogError(database: error)
        }
        committer = AuditCommitter(pool: pool)
    }

    /// One at a time: see `prepareFile`.
    private static let creation = Mutex(())

    /// Makes the file, for its owner alone, when it is not there; SQLite gives its -wal and -shm files the same mode.
    ///
    /// A file that is there is not opened: closing any descriptor of it lets go of all locks that this process has on it
    /// (POSIX, `fcntl`), those of SQLite's connections, too. Another process would then take itself for the last one, and
    /// remove the write-ahead log under them.
    private static func prepareFile(_ path: String) throws {
        func failure(_ reason: String) -> CatalogError {
            CatalogError(.unavailable, "cannot open '\(path)': \(reason)")
        }
        try creation.withLock { _ in
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor < 0 else {
                close(descriptor)
                return
            }
            guard errno == EEXIST else { throw failure(String(cString: strerror(errno))) }
        }
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK | W_OK) == 0 else {
            throw failure(String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("it is not a file") }
    }

    /// The first opening of a file turns the write-ahead log on. While another process does the same, SQLite refuses that at
    /// once, whatever time it was given to wait; so the waiting is here.
    private static func pool(path: String, configuration: Configuration) throws -> DatabasePool {
        let end = ContinuousClock.now + .milliseconds(AuditCommitter.ordinaryLockTimeout)
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && .now < end {
                usleep(10_000)
            }
        }
    }

    /// Gives the catalog what tells the KIDs of its key seeds.
    public func recogniseSeeds(with recogniser: any KeySeedRecogniser) {
        self.recogniser.withLock { $0 = recogniser }
    }

    public func apply(_ changes: [CatalogChange]) async throws {
        try await write { database in
            for change in changes { try database.apply(change) }
        }
    }

    public func record(
        _ decision: DecisionRecord, at place: (any CompletionPlace)?,
        completion: @escaping @Sendable (Result<UseCount, CatalogError>) -> Void
    ) {
        committer.record(decision, at: place, completion: completion)
    }

    public func auditBlock() -> AuditBlock? { committer.block }

    public func shortenLockWaits() async throws {
        do {
            try committer.shortenLockWaits()
        } catch {
            throw CatalogError(database: error)
        }
    }

    /// Runs a read in one snapshot.
    func read<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw CatalogError(database: error)
        }
    }

    /// Runs a write in one transaction.
    @discardableResult
    func write<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            throw CatalogError(database: error)
        }
    }
}

extension CatalogError {
    /// What a database error means to callers. SQLite's messages name tables and columns, never values.
    init(database error: any Error) {
        switch error {
        case let error as CatalogError: self = error
        case let error as DatabaseError:
            switch (error.resultCode, error.extendedResultCode) {
            case (_, .SQLITE_CONSTRAINT_UNIQUE), (_, .SQLITE_CONSTRAINT_PRIMARYKEY):
                self.init(.exists, "it exists already (\(error.message ?? "unique"))")
            case (_, .SQLITE_CONSTRAINT_FOREIGNKEY):
                self.init(.inUse, "something that it names does not exist, or something still refers to it")
            case (.SQLITE_CORRUPT, _), (.SQLITE_NOTADB, _):
                self.init(.corrupt, "the catalog is damaged: \(error.message ?? "")")
            default:
                self.init(.unavailable, "the catalog does not answer: \(error.message ?? "SQLite \(error.resultCode)")")
            }
        case is CancellationError: self.init(.unavailable, "the request was given up")
        default: self.init(.corrupt, "the catalog holds something that cannot be read")
        }
    }
}
