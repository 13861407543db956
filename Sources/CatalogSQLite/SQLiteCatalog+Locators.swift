public import Catalog
import Foundation
import GRDB
public import Policies

extension SQLiteCatalog {
    public func locatorLookup(_ id: LocatorID) async throws -> LocatorLookup? {
        try await read { database in
            guard let terms = try database.locatorTerms(id),
                let asset = try database.asset(named: terms.locator.asset)
            else { return nil }
            return LocatorLookup(terms: terms, asset: asset)
        }
    }

    /// What rules a locator, read on the calling thread: decisions are synchronous.
    public func locatorTermsBlocking(_ id: LocatorID) throws -> LocatorTerms? {
        do {
            return try immediate.read { try $0.locatorTerms(id) }
        } catch {
            throw CatalogError(database: error)
        }
    }

    public func locator(_ id: LocatorID) async throws -> Locator? {
        try await read { try $0.locator(id) }
    }

    public func locators(asset: String?) async throws -> [Locator] {
        try await read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM locator WHERE asset = ? OR ? IS NULL ORDER BY start, id",
                arguments: [asset, asset])
            return try rows.map { try Locator(row: $0, database) }
        }
    }
}

extension Database {
    fileprivate func locatorTerms(_ id: LocatorID) throws -> LocatorTerms? {
        guard let locator = try locator(id) else { return nil }
        let statement = try cachedStatement(
            sql: """
                SELECT p.document FROM locatorDeliveryPolicy l JOIN deliveryPolicy p ON p.name = l.deliveryPolicy
                WHERE l.locator = ? ORDER BY l.position
                """)
        let policies = try String.fetchAll(statement, arguments: [id.description])
            .map { try Column.value(DeliveryPolicy.self, json: $0) }
        let accessStatement = try cachedStatement(sql: "SELECT document FROM accessPolicy WHERE name = ?")
        let access = try String.fetchOne(accessStatement, arguments: [locator.accessPolicy]).map {
            try Column.value(AccessPolicy.self, json: $0)
        }
        return LocatorTerms(locator: locator, deliveryPolicies: policies, permissions: access?.permissions ?? [])
    }

    func locator(_ id: LocatorID) throws -> Locator? {
        let statement = try cachedStatement(sql: "SELECT * FROM locator WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.description]).map { try Locator(row: $0, self) }
    }

    /// Publishes a locator, unless its delivery policies contradict each other.
    func insert(_ locator: Locator) throws {
        try require("asset", locator.asset, of: "asset")
        try require("accessPolicy", locator.accessPolicy, of: "access policy")
        let policies = try locator.deliveryPolicies.map { name in
            try require("deliveryPolicy", name, of: "delivery policy")
            let document = try String.fetchOne(
                self, sql: "SELECT document FROM deliveryPolicy WHERE name = ?", arguments: [name])
            return try Column.value(DeliveryPolicy.self, json: document ?? "")
        }
        if let conflict = DeliveryPlan.conflict(in: policies) { throw CatalogError(.conflict, conflict.description) }
        try execute(
            sql: """
                INSERT INTO locator (id, kind, asset, accessPolicy, start, "end", revoked, filters)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                locator.id.description, locator.kind.rawValue, locator.asset, locator.accessPolicy,
                locator.start.timeIntervalSince1970, locator.end.timeIntervalSince1970, locator.isRevoked,
                locator.filters.joined(separator: ";"),
            ])
        for name in locator.filters {
            let own = PresentationFilter.identity(name, asset: locator.asset)
            let exists = try Bool.fetchOne(
                self, sql: "SELECT EXISTS (SELECT 1 FROM presentationFilter WHERE name IN (?, ?))",
                arguments: [own, name])
            guard exists == true else { throw CatalogError(.missing, "there is no filter '\(name)'") }
        }
        for (position, name) in locator.deliveryPolicies.enumerated() {
            try execute(
                sql: "INSERT INTO locatorDeliveryPolicy (locator, position, deliveryPolicy) VALUES (?, ?, ?)",
                arguments: [locator.id.description, position, name])
        }
    }

    func revoke(_ id: LocatorID) throws {
        try execute(sql: "UPDATE locator SET revoked = 1 WHERE id = ?", arguments: [id.description])
        try requireChange("there is no locator \(id)")
    }
}

extension Locator {
    fileprivate init(row: Row, _ database: Database) throws {
        guard let id = LocatorID(row["id"] as String) else {
            throw CatalogError(.corrupt, "a stored locator id is not a UUID")
        }
        let statement = try database.cachedStatement(
            sql: "SELECT deliveryPolicy FROM locatorDeliveryPolicy WHERE locator = ? ORDER BY position")
        self.init(
            id: id, kind: try Column.word(LocatorKind.self, row["kind"]), asset: row["asset"],
            accessPolicy: row["accessPolicy"],
            deliveryPolicies: try String.fetchAll(statement, arguments: [id.description]),
            start: Column.date(row["start"]), end: Column.date(row["end"]), isRevoked: row["revoked"],
            filters: (row["filters"] as String).split(separator: ";").map(String.init))
    }
}
