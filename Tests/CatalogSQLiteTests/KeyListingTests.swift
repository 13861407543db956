import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import Policies
import Testing

/// Listings of a hundred thousand keys: what is found, and by which index.
@Suite(.serialized) struct KeyListingTests {
    private static let count = 100_000

    private final class Crowd: Sendable {
        static let shared = Result { try Crowd() }

        let file = DatabaseFile()
        let catalog: SQLiteCatalog

        /// Keys 0, 1, 2, … in an order that is none of their KIDs: every 7th has a label, every 1000th is disabled, every
        /// 10,000th waits for its deletion.
        init() throws {
            catalog = try file.open()
            try DatabaseQueue(path: file.path).write { database in
                try database.execute(
                    sql: """
                        INSERT INTO authorizationPolicy (name, document) VALUES ('most', '{}'), ('few', '{}');
                        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
                        INSERT INTO contentKey (kid, type, kek, ciphertext, name, authorizationPolicy, enabled, created,
                            label, deletion)
                        SELECT CAST(printf('%08x%08x', (i * 7919) % 100003, i) AS BLOB),
                            CASE i % 3 WHEN 0 THEN 'common' WHEN 1 THEN 'common-cbcs' ELSE 'envelope' END,
                            1, x'00', printf('key-%06d', i), CASE i % 5000 WHEN 0 THEN 'few' ELSE 'most' END,
                            i % 1000 <> 0, 1000000 + i, CASE i % 7 WHEN 0 THEN 'audio' END,
                            CASE i % 10000 WHEN 3 THEN 2e9 END
                        FROM n
                        """)
            }
        }
    }

    private func all(_ query: KeyQuery) async throws -> [ContentKeyRecord] {
        let catalog = try Crowd.shared.get().catalog
        var query = query
        var keys: [ContentKeyRecord] = []
        while true {
            let page = try await catalog.contentKeys(matching: query)
            #expect(page.keys.count <= query.limit)
            keys += page.keys
            guard let next = page.next else { return keys }
            query.after = next
        }
    }

    private static let queries: [(KeyQuery, Int)] = [
        (KeyQuery(namePrefix: "key-0123", limit: 7), 100),
        (KeyQuery(namePrefix: "key-0123", type: .common, limit: 7), 34),
        (KeyQuery(namePrefix: "nothing"), 0),
        (KeyQuery(type: .envelope, limit: 5000), 33_333),
        (KeyQuery(type: .storage), 0),
        (KeyQuery(authorizationPolicy: "few", limit: 3), 20),
        (KeyQuery(state: .disabled, limit: 9), 100),
        (KeyQuery(type: .common, authorizationPolicy: "few", state: .disabled, limit: 3), 7),
        (KeyQuery(state: .pendingDeletion, limit: 4), 10),
        (KeyQuery(label: .audio, limit: 1000), 14_286),
        (KeyQuery(type: .common, state: .enabled, label: .audio, limit: 1000), 4757),
        (KeyQuery(label: .video), 0),
        (
            KeyQuery(
                createdFrom: Date(timeIntervalSince1970: 1_000_010),
                createdBefore: Date(timeIntervalSince1970: 1_000_020), limit: 3), 10
        ),
        (KeyQuery(authorizationPolicy: "few", createdFrom: Date(timeIntervalSince1970: 1_050_000), limit: 3), 10),
        (KeyQuery(state: .enabled, limit: 10_000), 99_890),
    ]

    @Test(arguments: 0..<queries.count) func pagesGiveEveryMatchOnce(index: Int) async throws {
        let (query, count) = Self.queries[index]
        let keys = try await all(query)
        #expect(keys.count == count)
        #expect(Set(keys.map(\.keyID)).count == count)
        for key in keys {
            if let prefix = query.namePrefix { #expect(key.name?.hasPrefix(prefix) == true) }
            if let type = query.type { #expect(key.type == type) }
            if let state = query.state { #expect(key.state == state) }
            if let label = query.label { #expect(key.label == label) }
            if let policy = query.authorizationPolicy { #expect(key.authorizationPolicy == policy) }
        }
    }

    /// No listing sorts and none reads the whole table: each walks one index in its order.
    @Test(arguments: 0..<queries.count) func everyListingWalksAnIndex(index: Int) async throws {
        let query = Self.queries[index].0
        let catalog = try Crowd.shared.get().catalog
        for step in try await catalog.explanation(of: query) {
            #expect(!step.contains("TEMP B-TREE"), "\(step)")
            let isPlain =
                query == KeyQuery(state: .enabled, limit: query.limit) && step.hasPrefix("SCAN k")
            #expect(
                isPlain || step.hasPrefix("SEARCH") || step.contains("USING INDEX") || step.contains("COVERING"),
                "\(step)")
        }
        var next = query
        next.after = try await catalog.contentKeys(matching: query).next
        guard next.after != nil else { return }
        for step in try await catalog.explanation(of: next) {
            #expect(!step.contains("TEMP B-TREE"), "\(step)")
            #expect(!step.hasPrefix("SCAN k"), "\(step)")
        }
    }

    @Test func aPageLooksAtSoManyKeysOnly() async throws {
        let catalog = try Crowd.shared.get().catalog
        // Nothing matches: the page says where to go on instead of searching to the end.
        let page = try await catalog.contentKeys(
            matching: KeyQuery(type: .storage, state: .enabled, label: .audio, limit: 10))
        #expect(page.keys.isEmpty)
        #expect(page.next == nil)
        let wide = try await catalog.contentKeys(
            matching: KeyQuery(
                authorizationPolicy: "none", createdFrom: Date(timeIntervalSince1970: 0), limit: 10))
        #expect(wide.keys.isEmpty)
        #expect(wide.next != nil)
    }

    @Test(arguments: [KeyQuery(after: "x"), KeyQuery(createdFrom: .distantPast, after: "x~y")])
    func aPageThatNeverWasIsRefused(query: KeyQuery) async throws {
        let catalog = try Crowd.shared.get().catalog
        await #expect(throws: CatalogError.self) { try await catalog.contentKeys(matching: query) }
    }

    @Test func whatIsDueIsFoundByAnIndex() async throws {
        let crowd = try Crowd.shared.get()
        #expect(try await crowd.catalog.contentKeysDue(at: Date(timeIntervalSince1970: 1e9), limit: 100).isEmpty)
        #expect(try await crowd.catalog.contentKeysDue(at: Date(timeIntervalSince1970: 2e9), limit: 100).count == 10)
    }
}
