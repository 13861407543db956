public import Catalog
import GRDB
import Synchronization

/// What the log's newest number was when the file was last seen to have changed.
struct NoticedState: Equatable {
    /// `PRAGMA data_version`: another number whenever another connection has committed.
    var version: Int64
    var sequence: Int64
}

extension SQLiteCatalog {
    /// Asked many times a second, and nearly always nothing has happened: that is found on the calling thread, by one number
    /// in the shared memory of the write-ahead log.
    public func notices(after sequence: Int64) async throws -> CatalogNotices {
        // Before the log: what is committed in between is another version again.
        let version = try dataVersion()
        if noticed.withLock({ $0 == NoticedState(version: version, sequence: sequence) }) {
            return CatalogNotices(sequence: sequence, notices: [])
        }
        let notices = try await readNotices(after: sequence)
        noticed.withLock { $0 = NoticedState(version: version, sequence: notices.sequence) }
        return notices
    }

    private func dataVersion() throws -> Int64 {
        do {
            return try immediate.unsafeRead { database in
                try Int64.fetchOne(try database.cachedStatement(sql: "PRAGMA data_version")) ?? 0
            }
        } catch {
            throw CatalogError(database: error)
        }
    }

    private func readNotices(after sequence: Int64) async throws -> CatalogNotices {
        try await read { database in
            let newest = try database.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'changeLog'")
            let last = try Int64.fetchOne(newest) ?? 0
            guard last != sequence else { return CatalogNotices(sequence: last, notices: []) }
            let statement = try database.cachedStatement(
                sql: "SELECT subject, id FROM changeLog WHERE sequence > ? ORDER BY sequence")
            let rows = try Row.fetchAll(statement, arguments: [sequence])
            // Numbers have no gaps, so that fewer rows than numbers means that the log was cut since. A subject that
            // another version wrote is no reason to go on with what may be wrong.
            let notices = rows.compactMap { row in
                CatalogSubject(rawValue: row["subject"]).map { subject in
                    CatalogNotice(subject, id: row["id"])
                }
            }
            let isWhole = Int64(notices.count) == last - sequence
            return CatalogNotices(sequence: last, notices: isWhole ? notices : nil)
        }
    }
}
