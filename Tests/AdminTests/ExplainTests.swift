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
        let (first, second) = (RequestID.next(at: moment), RequestID.next(at: moment))
        try await request("198.51.100.9", credential: "top-secret-token", as: first)
        try await request("192.0.2.9", credential: nil, as: second)
        let denied = try await admin.perform(ExplainRequest(requestId: first)).decisions
        #expect(denied.count == 1)
        #expect(denied.first?.granted == false)
        #expect(denied.first?.policy == "p")
        #expect(denied.first?.steps.map(\.check) == ["key", "ip", "token"])
        #expect(denied.first?.steps.map(\.holds) == [true, false, false])
        #expect(denied.first?.steps.map(\.option) == [nil, "near", "far"])
        let granted = try await admin.perform(ExplainRequest(requestId: second)).decisions
        #expect(granted.first?.granted == true)
        #expect(granted.first?.option == "near")
        #expect(granted.first?.steps.allSatisfy(\.holds) == true)
        #expect(
            await refusal { _ = try await admin.perform(ExplainRequest(requestId: RequestID.next(at: moment))) }
                == .missing)
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
        let record = AuditChain.record(event, after: (0, AuditChain.start))
        #expect(String(decoding: record.event, as: UTF8.self) == old)
        #expect(verifier.verify(record) == nil)
    }

    /// The records of a catalog of version 0.1, one a row, are kept, with their hashes.
    @Test func anOldCatalogIsBroughtUp() async throws {
        let path = desk.folder.path + "/old.sqlite"
        _ = try SQLiteCatalog(path: path)
        let queue = try DatabaseQueue(path: path)
        var old = AuditEvent(time: moment, action: .keyDenied)
        let requestID = RequestID.next(at: moment)
        old.requestID = requestID
        let record = AuditChain.record(old, after: (0, AuditChain.start))
        try await queue.write { database in
            try database.execute(
                sql: """
                    DROP TABLE auditBatch;
                    CREATE TABLE auditRecord (sequence INTEGER PRIMARY KEY NOT NULL, event BLOB NOT NULL,
                        hash BLOB NOT NULL) STRICT;
                    DELETE FROM grdb_migrations WHERE identifier = 'auditBatches';
                    """)
            try database.execute(
                sql: "INSERT INTO auditRecord (sequence, event, hash) VALUES (1, ?, ?)",
                arguments: [Data(record.event), Data(record.hash)])
        }
        try queue.close()
        let catalog = try SQLiteCatalog(path: path)
        #expect(try await catalog.auditRecords(after: 0, limit: 9) == [record])
        #expect(try await catalog.auditRecords(ofRequest: requestID, limit: 9) == [record])
    }

    /// A request's name leads to its records among many of the same moment.
    @Test func aRequestIsFoundAmongMany() async throws {
        let names = (0..<500).map { _ in RequestID.next(at: moment) }
        for part in [names[..<200], names[200...]] {
            try await desk.catalog.appendAudit(
                part.map { name in
                    var event = AuditEvent(time: moment, action: .keyDenied)
                    event.requestID = name
                    return event
                })
        }
        for name in [names[0], names[250], names[499]] {
            let found = try await desk.catalog.auditRecords(ofRequest: name, limit: 9)
            #expect(try found.map { try AuditChain.event(of: $0).requestID } == [name])
        }
        #expect(try await desk.catalog.auditRecords(ofRequest: "no name", limit: 9).isEmpty)
    }
}
