import Catalog
import ContentKeys
import Foundation
import GRDB
import Policies

/// How a listing of keys is read: along one index, in its order, so that a page costs no sorting and no long search.
struct KeyQueryPlan {
    /// What the pages are in order of.
    enum Order {
        case name
        case created
        case keyID

        var columns: String {
            switch self {
            case .name: "k.name"
            case .created: "k.created, k.kid"
            case .keyID: "k.kid"
            }
        }
    }

    let order: Order
    private var index: String?
    private var conditions: [String] = []
    private var arguments: StatementArguments = []
    /// Whether rows along the index can fail to match.
    private(set) var isSelective = false
    private let limit: Int

    init(_ query: KeyQuery) throws {
        limit = min(max(query.limit, 1), 10_000)
        order =
            query.namePrefix != nil
            ? .name : query.createdFrom != nil || query.createdBefore != nil ? .created : .keyID
        try lead(query)
        filter(query)
    }

    /// The condition that the index answers, and where the page starts.
    private mutating func lead(_ query: KeyQuery) throws {
        switch order {
        case .name:
            let prefix = query.namePrefix ?? ""
            add("k.name >= ? AND k.name < ?", [prefix, prefix + "\u{10FFFF}"])
            if let after = query.after { add("k.name > ?", [after]) }
        case .created:
            index = "contentKeyCreated"
            if let from = query.createdFrom { add("k.created >= ?", [from.timeIntervalSince1970]) }
            if let before = query.createdBefore { add("k.created < ?", [before.timeIntervalSince1970]) }
            guard let after = query.after else { break }
            let parts = after.split(separator: "~", maxSplits: 1)
            guard parts.count == 2, let bits = UInt64(parts[0], radix: 16), let keyID = KeyID(String(parts[1])) else {
                throw CatalogError(.conflict, "'\(after)' is not where a page of this listing ends")
            }
            add("(k.created, k.kid) > (?, ?)", [Double(bitPattern: bits), Column.blob(keyID)])
        case .keyID:
            leadByKeyID(query)
            guard let after = query.after else { break }
            guard let keyID = KeyID(after) else {
                throw CatalogError(.conflict, "'\(after)' is not where a page of this listing ends")
            }
            add("k.kid > ?", [Column.blob(keyID)])
        }
    }

    /// Of the conditions that have an index, the one that is rarest as a rule.
    private mutating func leadByKeyID(_ query: KeyQuery) {
        switch query.state {
        case .pendingDeletion:
            index = "contentKeyPending"
            return add("k.deletion IS NOT NULL", [])
        case .disabled:
            index = "contentKeyDisabled"
            return add("k.enabled = 0", [])
        case .enabled, nil: break
        }
        if let label = query.label {
            index = "contentKeyLabel"
            add("k.label = ?", [label.rawValue])
        } else if let policy = query.authorizationPolicy {
            index = "contentKeyPolicy"
            add("k.authorizationPolicy = ?", [policy])
        } else if let type = query.type {
            index = "contentKeyType"
            add("k.type = ?", [type.rawValue])
        }
    }

    /// What is checked row by row. The unary plus keeps SQLite from choosing another index for it.
    private mutating func filter(_ query: KeyQuery) {
        if let type = query.type { check("+k.type = ?", [type.rawValue], unless: "contentKeyType") }
        if let policy = query.authorizationPolicy {
            check("+k.authorizationPolicy = ?", [policy], unless: "contentKeyPolicy")
        }
        if let label = query.label { check("+k.label = ?", [label.rawValue], unless: "contentKeyLabel") }
        switch query.state {
        case .enabled: check("+k.enabled = 1 AND +k.deletion IS NULL", [], unless: nil)
        case .disabled: check("+k.deletion IS NULL", [], unless: nil)
        case .pendingDeletion, nil: break
        }
        if order == .name {
            if let from = query.createdFrom { check("+k.created >= ?", [from.timeIntervalSince1970], unless: nil) }
            if let before = query.createdBefore { check("+k.created < ?", [before.timeIntervalSince1970], unless: nil) }
        }
    }

    private mutating func add(_ condition: String, _ values: StatementArguments) {
        conditions.append(condition)
        arguments += values
    }

    private var residual: (conditions: [String], arguments: StatementArguments) = ([], [])

    private mutating func check(_ condition: String, _ values: StatementArguments, unless leading: String?) {
        if let leading, index == leading { return }
        isSelective = true
        residual.conditions.append(condition)
        residual.arguments += values
    }

    private var from: String { index.map { "contentKey k INDEXED BY \($0)" } ?? "contentKey k" }

    private static func clause(_ conditions: [String]) -> String {
        conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    /// The last row that this page looks at, when rows can fail to match and there are more than so many.
    var boundary: SQLRequest<Row> {
        SQLRequest(
            sql: "SELECT k.kid, k.name, k.created FROM \(from)\(Self.clause(conditions)) ORDER BY \(order.columns) "
                + "LIMIT 1 OFFSET \(KeyQuery.maximumExamined - 1)",
            arguments: arguments)
    }

    /// The page's rows, up to a boundary.
    func page(upTo boundary: ContentKeyPosition?) -> SQLRequest<Row> {
        var (conditions, arguments) = (conditions + residual.conditions, arguments + residual.arguments)
        if let boundary {
            switch order {
            case .name:
                conditions.append("k.name <= ?")
                arguments += [boundary.name]
            case .created:
                conditions.append("(k.created, k.kid) <= (?, ?)")
                arguments += [boundary.created, Column.blob(boundary.keyID)]
            case .keyID:
                conditions.append("k.kid <= ?")
                arguments += [Column.blob(boundary.keyID)]
            }
        }
        return SQLRequest(
            sql: "SELECT \(ContentKeyRecord.columns) FROM \(from) LEFT JOIN keySeed s ON s.name = k.seed"
                + "\(Self.clause(conditions)) ORDER BY \(order.columns) LIMIT \(limit)",
            arguments: arguments)
    }

    /// Reads a page.
    func run(_ database: Database) throws -> KeyPage {
        let boundary = isSelective ? try self.boundary.fetchOne(database).map(ContentKeyPosition.init) : nil
        let rows = try page(upTo: boundary).fetchAll(database)
        let keys = try rows.map(ContentKeyRecord.init)
        let last = rows.count == limit ? try rows.last.map(ContentKeyPosition.init) : boundary
        return KeyPage(keys: keys, next: last.map { $0.cursor(order) })
    }
}

/// Where a row stands in every order.
struct ContentKeyPosition {
    let keyID: KeyID
    let name: String?
    let created: Double

    init(_ row: Row) throws {
        keyID = try Column.keyID(row["kid"])
        name = row["name"]
        created = row["created"]
    }

    func cursor(_ order: KeyQueryPlan.Order) -> String {
        switch order {
        case .name: name ?? ""
        case .created: "\(String(created.bitPattern, radix: 16))~\(keyID)"
        case .keyID: keyID.description
        }
    }
}
