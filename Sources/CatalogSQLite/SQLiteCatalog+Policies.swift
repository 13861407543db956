public import Catalog
import ContentKeys
import Foundation
import GRDB
public import Policies

extension SQLiteCatalog {
    public func authorizationPolicy(named name: String) async throws -> AuthorizationPolicy? {
        try await document(AuthorizationPolicy.self, "authorizationPolicy", name)
    }

    public func authorizationPolicies() async throws -> [AuthorizationPolicy] {
        try await documents(AuthorizationPolicy.self, "authorizationPolicy")
    }

    public func deliveryPolicy(named name: String) async throws -> DeliveryPolicy? {
        try await document(DeliveryPolicy.self, "deliveryPolicy", name)
    }

    public func deliveryPolicies() async throws -> [DeliveryPolicy] {
        try await documents(DeliveryPolicy.self, "deliveryPolicy")
    }

    public func accessPolicy(named name: String) async throws -> AccessPolicy? {
        try await document(AccessPolicy.self, "accessPolicy", name)
    }

    public func accessPolicies() async throws -> [AccessPolicy] {
        try await documents(AccessPolicy.self, "accessPolicy")
    }

    public func filter(_ identity: String) async throws -> PresentationFilter? {
        try await document(PresentationFilter.self, "presentationFilter", identity)
    }

    public func filters() async throws -> [PresentationFilter] {
        try await documents(PresentationFilter.self, "presentationFilter")
    }

    public func streamingEndpoint(named name: String) async throws -> StreamingEndpoint? {
        try await document(StreamingEndpoint.self, "streamingEndpoint", name)
    }

    public func streamingEndpoints() async throws -> [StreamingEndpoint] {
        try await documents(StreamingEndpoint.self, "streamingEndpoint")
    }

    public func secret(named name: String) async throws -> SecretRecord? {
        try await read { database in
            try Row.fetchOne(
                database, sql: "SELECT kek, ciphertext, created FROM secret WHERE name = ?", arguments: [name]
            ).map { row in
                SecretRecord(
                    name: name, kek: KEKVersion(rawValue: row["kek"]), ciphertext: Array(row["ciphertext"] as Data),
                    created: Column.date(row["created"]))
            }
        }
    }

    public func secretNames() async throws -> [String] {
        try await read { try String.fetchAll($0, sql: "SELECT name FROM secret ORDER BY name") }
    }

    /// `table` is a literal of this file.
    private func document<Value: Decodable & Sendable>(
        _ type: Value.Type, _ table: String, _ name: String
    ) async throws -> Value? {
        try await read { database in
            try String.fetchOne(database, sql: "SELECT document FROM \(table) WHERE name = ?", arguments: [name])
                .map { try Column.value(type, json: $0) }
        }
    }

    private func documents<Value: Decodable & Sendable>(_ type: Value.Type, _ table: String) async throws -> [Value] {
        try await read { database in
            try String.fetchAll(database, sql: "SELECT document FROM \(table) ORDER BY name")
                .map { try Column.value(type, json: $0) }
        }
    }
}

extension SQLiteCatalog {
    public func transform(named name: String) async throws -> Transform? {
        try await document(Transform.self, "transform", name)
    }

    public func transforms() async throws -> [Transform] {
        try await documents(Transform.self, "transform")
    }

    public func notificationEndpoint(named name: String) async throws -> NotificationEndpoint? {
        try await document(NotificationEndpoint.self, "notificationEndpoint", name)
    }

    public func notificationEndpoints() async throws -> [NotificationEndpoint] {
        try await documents(NotificationEndpoint.self, "notificationEndpoint")
    }
}
