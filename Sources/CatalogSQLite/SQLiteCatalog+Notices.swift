public import Catalog
import GRDB

extension SQLiteCatalog {
    public func notices(after sequence: Int64) async throws -> CatalogNotices {
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
