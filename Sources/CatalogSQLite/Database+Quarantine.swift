public import Catalog
public import Foundation
import GRDB

extension Database {
    /// Applies a change of quarantine within the caller's transaction.
    func apply(_ change: QuarantineChange) throws {
        switch change {
        case .putRecord(let record): try put(record)
        case .putRules(let rules): try put("ingestRules", rules.name, rules)
        case .deleteRules(let name): try delete("ingestRules", name)
        case .insertKnownWork(let work): try insert(work)
        case .deleteKnownWork(let name): try delete("knownWork", name)
        case .requireCheck(let name):
            try execute(sql: "INSERT INTO requiredCheck (name) VALUES (?) ON CONFLICT DO NOTHING", arguments: [name])
        case .releaseCheck(let name):
            try execute(sql: "DELETE FROM requiredCheck WHERE name = ?", arguments: [name])
        case .requireInputChecks(true):
            try execute(sql: "INSERT INTO checkedInputs (id) VALUES (1) ON CONFLICT DO NOTHING")
        case .requireInputChecks(false): try execute(sql: "DELETE FROM checkedInputs")
        }
    }

    private func put(_ record: IngestRecord) throws {
        try execute(
            sql: """
                INSERT INTO ingest (file, state, notBefore, document) VALUES (?, ?, ?, ?)
                ON CONFLICT (file) DO UPDATE SET state = excluded.state, notBefore = excluded.notBefore,
                    document = excluded.document
                """,
            arguments: [
                record.file.rawValue, record.state.rawValue, record.notBefore?.timeIntervalSince1970,
                try Column.json(record),
            ])
    }

    private func insert(_ work: KnownWork) throws {
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM knownWork WHERE name = ?)", arguments: [work.name])
        guard exists == false else { throw CatalogError(.exists, "there is a known work '\(work.name)' already") }
        var bytes = Data(capacity: work.fingerprint.count * 4)
        for item in work.fingerprint { withUnsafeBytes(of: item.littleEndian) { bytes.append(contentsOf: $0) } }
        try execute(
            sql: "INSERT INTO knownWork (name, title, action, fingerprint, created) VALUES (?, ?, ?, ?, ?)",
            arguments: [work.name, work.title, work.action.rawValue, bytes, work.created.timeIntervalSince1970])
    }

    func requiredChecks() throws -> [String] {
        try String.fetchAll(self, sql: "SELECT name FROM requiredCheck ORDER BY name")
    }

    func requiresInputChecks() throws -> Bool {
        try Bool.fetchOne(self, sql: "SELECT EXISTS (SELECT 1 FROM checkedInputs)") ?? false
    }

    func quarantinedFile(_ id: AssetFileID) throws -> QuarantinedFile? {
        guard let file = try assetFiles("id = ?", [id.rawValue]).first else { return nil }
        return QuarantinedFile(file: file, record: try ingestRecord(id))
    }

    func ingestRecord(_ file: AssetFileID) throws -> IngestRecord? {
        try String.fetchOne(self, sql: "SELECT document FROM ingest WHERE file = ?", arguments: [file.rawValue])
            .map { try Column.value(IngestRecord.self, json: $0) }
    }

    fileprivate func quarantinedFiles(_ sql: String, _ arguments: StatementArguments) throws -> [QuarantinedFile] {
        try String.fetchAll(self, sql: sql, arguments: arguments).compactMap {
            try quarantinedFile(AssetFileID(rawValue: $0))
        }
    }
}

extension SQLiteCatalog {
    public func ingestRecord(_ file: AssetFileID) async throws -> IngestRecord? {
        try await read { try $0.ingestRecord(file) }
    }

    public func quarantinedFile(_ file: AssetFileID) async throws -> QuarantinedFile? {
        try await read { try $0.quarantinedFile(file) }
    }

    public func originalsToCheck(at now: Date, limit: Int) async throws -> [QuarantinedFile] {
        try await read { database in
            // What has a reason and no record was refused before there were records.
            try database.quarantinedFiles(
                """
                SELECT assetFile.id FROM assetFile LEFT JOIN ingest ON ingest.file = assetFile.id
                WHERE assetFile.state = 'quarantine' AND coalesce(ingest.notBefore, 0) <= ?
                    AND (ingest.state IN ('checking', 'waiting') OR (ingest.file IS NULL AND assetFile.reason IS NULL))
                ORDER BY coalesce(ingest.notBefore, 0), assetFile.changed LIMIT ?
                """, [now.timeIntervalSince1970, limit])
        }
    }

    public func reviews(matching query: ReviewQuery) async throws -> [QuarantinedFile] {
        try await read { database in
            let places = query.states.map { _ in "?" }.joined(separator: ", ")
            var arguments = StatementArguments(query.states.map(\.rawValue))
            arguments += [query.after?.rawValue ?? "", query.asset, query.asset, query.limit]
            return try database.quarantinedFiles(
                """
                SELECT ingest.file FROM ingest JOIN assetFile ON assetFile.id = ingest.file
                WHERE ingest.state IN (\(places)) AND ingest.file > ? AND (? IS NULL OR assetFile.asset = ?)
                ORDER BY ingest.file LIMIT ?
                """, arguments)
        }
    }

    public func ingestRules() async throws -> [IngestRules] {
        try await read { database in
            try String.fetchAll(database, sql: "SELECT document FROM ingestRules ORDER BY name")
                .map { try Column.value(IngestRules.self, json: $0) }
        }
    }

    public func requiredChecks() async throws -> [String] {
        try await read { try $0.requiredChecks() }
    }

    public func requiresInputChecks() async throws -> Bool {
        try await read { try $0.requiresInputChecks() }
    }

    public func knownWorks(_ page: Page) async throws -> [KnownWork] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM knownWork WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [page.after ?? "", page.limit]
            ).map(KnownWork.init)
        }
    }
}

extension KnownWork {
    fileprivate init(row: Row) throws {
        let bytes = Array(row["fingerprint"] as Data)
        self.init(
            name: row["name"], title: row["title"], action: try Column.word(Action.self, row["action"]),
            fingerprint: stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { place in
                bytes[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }, created: Column.date(row["created"]))
    }
}
