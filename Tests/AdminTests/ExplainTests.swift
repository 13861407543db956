import Administration
import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import KeyDelivery
import KeyWrapping
import Policies
import Testing

@Suite struct ExplainTests {
    let desk: Desk
    let keyID = KeyID.random()

    init() async throws {
        desk = try Desk()
        let admin = desk.operator()
        _ = try await admin.perform(SetSecret(name: "sts", value: "secret"))
        _ = try await admin.perform(
            PutAuthorizationPolicy(
                name: "p",
                document: """
                    options:
                      - name: near
                        delivery: [aes]
                        restrictions: [{ ip: { allow: [192.0.2.0/24] } }]
                      - name: far
                        delivery: [aes]
                        restrictions: [{ token: { type: jwt, issuer: i, audience: a, verificationKeys: [{ secret: sts, algorithms: [HS256] }] } }]
                    """))
    }

    private func request(_ address: String, credential: String?, as requestID: String) async throws {
        let service = KeyDeliveryService(
            catalog: desk.catalog, unwrapper: LocalKeyUnwrapper(wrapping: desk.wrapping), verifier: NoVerifier(),
            now: { moment })
        _ = try await service.deliver(
            KeyRequest(
                keyIDs: [keyID], delivery: .aes, credential: credential,
                clientAddress: try #require(IPAddress(address))), requestID: requestID)
    }

    @Test func everyRuleOfADecisionIsTold() async throws {
        let admin = desk.operator()
        _ = try await admin.perform(
            CreateKey(type: "envelope", name: nil, keyId: keyID.description, authorizationPolicy: "p"))
        try await request("198.51.100.9", credential: "top-secret-token", as: "r1")
        try await request("192.0.2.9", credential: nil, as: "r2")
        let denied = try await admin.perform(ExplainRequest(requestId: "r1")).decisions
        #expect(denied.count == 1)
        #expect(denied.first?.granted == false)
        #expect(denied.first?.policy == "p")
        #expect(denied.first?.steps.map(\.check) == ["key", "ip", "token"])
        #expect(denied.first?.steps.map(\.holds) == [true, false, false])
        #expect(denied.first?.steps.map(\.option) == [nil, "near", "far"])
        let granted = try await admin.perform(ExplainRequest(requestId: "r2")).decisions
        #expect(granted.first?.granted == true)
        #expect(granted.first?.option == "near")
        #expect(granted.first?.steps.allSatisfy(\.holds) == true)
        #expect(await refusal { _ = try await admin.perform(ExplainRequest(requestId: "r3")) } == .missing)
        let log = try await desk.catalog.auditRecords(after: 0, limit: 100).flatMap(\.event)
        #expect(!String(decoding: log, as: UTF8.self).contains("top-secret-token"))
    }

    /// An event of version 0.1 is read, and its hash holds, as before.
    @Test func oldRecordsStillVerify() throws {
        let old =
            #"{"action":"keyDenied","clientAddress":"192.0.2.1","reason":"tokenMissing","requestID":"x","time":1800000000000}"#
        var verifier = AuditChain.Verifier()
        let event = try AuditChain.event(of: AuditRecord(sequence: 1, event: Array(old.utf8), hash: []))
        #expect(event.steps == nil)
        #expect(event.actor == nil)
        let record = try AuditChain.record(event, after: (0, AuditChain.start))
        #expect(String(decoding: record.event, as: UTF8.self) == old)
        #expect(verifier.verify(record) == nil)
    }

    /// A catalog of version 0.1 gets the column, filled from the events.
    @Test func anOldCatalogIsBroughtUp() async throws {
        let path = desk.folder.path + "/old.sqlite"
        _ = try SQLiteCatalog(path: path)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    DROP INDEX auditRecordRequest;
                    ALTER TABLE auditRecord DROP COLUMN requestID;
                    DELETE FROM grdb_migrations WHERE identifier = 'auditRequests';
                    """)
            let event = #"{"action":"keyDenied","reason":"tokenMissing","requestID":"old1","time":1800000000000}"#
            try database.execute(
                sql: "INSERT INTO auditRecord (sequence, event, hash) VALUES (1, ?, zeroblob(32))",
                arguments: [Data(event.utf8)])
        }
        try queue.close()
        let catalog = try SQLiteCatalog(path: path)
        #expect(try await catalog.auditRecords(ofRequest: "old1", limit: 9).map(\.sequence) == [1])
    }

    @Test func decisionsAreFoundByAnIndex() async throws {
        try await desk.catalog.appendAudit([AuditEvent(time: moment, action: .keyDenied)])
        let queue = try DatabaseQueue(path: desk.folder.path + "/catalog.sqlite")
        let plan = try await queue.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    EXPLAIN QUERY PLAN SELECT sequence, event, hash FROM auditRecord WHERE requestID = 'x'
                    ORDER BY sequence LIMIT 9
                    """
            ).map { $0["detail"] as String }.joined(separator: "\n")
        }
        #expect(plan.contains("USING INDEX auditRecordRequest"))
        #expect(!plan.contains("SCAN"))
        #expect(!plan.contains("TEMP B-TREE"))
    }
}
