import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import KeyDelivery
import KeyWrapping
import Policies
import Synchronization
import Testing

/// Requests beyond a limit leave a trace in the audit log, and a flood of them does not fill it.
@Suite struct LimitedRequestTests {
    private struct NoTokens: TokenVerifier {
        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            .rejected(.signatureInvalid)
        }
    }

    private final class Clock: Sendable {
        let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
    }

    private final class Site: Sendable {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "keyway-limits-\(UUID().uuidString)"
        ).path
        let clock = Clock()
        let catalog: SQLiteCatalog
        let service: KeyDeliveryService

        init(_ limits: RateLimits) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
            let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
            let clock = clock
            service = KeyDeliveryService(
                catalog: catalog, unwrapper: LocalKeyUnwrapper(wrapping: wrapping), verifier: NoTokens(),
                limits: limits, now: { clock.time.withLock { $0 } })
        }

        deinit {
            try? FileManager.default.removeItem(atPath: folder)
        }

        /// Asks until the answer is that there were too many; how many such answers there were.
        @discardableResult
        func flood(_ count: Int, _ keyID: KeyID, from address: String, as name: String = "r") async throws -> Int {
            let client = try #require(IPAddress(address))
            var limited = 0
            for number in 0..<count {
                let outcome = try await service.deliver(
                    KeyRequest(keyIDs: [keyID], delivery: .aes, credential: nil, clientAddress: client),
                    requestID: "\(name)\(number)")
                if case .limited = outcome { limited += 1 }
            }
            return limited
        }

        var limitedEvents: [AuditEvent] {
            get async throws {
                try await catalog.auditRecords(after: 0, limit: 10_000).map(AuditChain.event)
                    .filter { $0.action == .keyRequestsLimited }
            }
        }
    }

    /// The number in `123 requests in 5 s …`.
    private func count(_ event: AuditEvent) -> Int {
        event.detail?.split(separator: " ").first.flatMap { Int($0) } ?? 0
    }

    @Test func eachClientHasOneRecordWithHowMany() async throws {
        let site = try Site(RateLimits(address: 1))
        let first = try await site.flood(40, .random(), from: "192.0.2.7", as: "a")
        let second = try await site.flood(20, .random(), from: "2001:db8:1:2::3", as: "b")
        #expect(first > 20 && second > 5)
        #expect(try await site.limitedEvents.isEmpty)
        site.clock.time.withLock { $0 += 30 }
        await site.service.recordLimitedRequests()
        let events = try await site.limitedEvents
        #expect(events.count == 2 && Set(events.map(count)) == [first, second])
        let one = try #require(events.first { $0.clientAddress == "192.0.2.7" })
        #expect(one.detail == "\(first) requests in 30 s by address" && one.reason == "rateLimited")
        #expect(one.delivery == .aes && one.requestID?.hasPrefix("a") == true && one.keyID == nil)
        let two = try #require(events.first { $0.clientAddress == "2001:db8:1:2::3" })
        #expect(two.detail == "\(second) requests in 30 s by address (/64)")
        // Nothing since: nothing to write.
        await site.service.recordLimitedRequests()
        #expect(try await site.limitedEvents.count == 2)
    }

    @Test func aKeyThatManyAskForIsNamed() async throws {
        let site = try Site(RateLimits(key: 1))
        let keyID = KeyID.random()
        var limited = 0
        for host in 1...20 { limited += try await site.flood(1, keyID, from: "192.0.2.\(host)") }
        await site.service.recordLimitedRequests()
        let event = try #require(try await site.limitedEvents.first)
        #expect(event.keyID == keyID && event.clientAddress == nil && count(event) == limited && limited > 0)
        #expect(event.detail?.hasSuffix("by key") == true)
    }

    /// Of a flood from everywhere there are a hundred names, and one record of the rest.
    @Test func theRecordsAreBounded() async throws {
        let site = try Site(RateLimits(key: 1))
        var limited = 0
        for _ in 0..<150 { limited += try await site.flood(4, .random(), from: "192.0.2.1") }
        await site.service.recordLimitedRequests()
        let events = try await site.limitedEvents
        #expect(events.count == 101 && events.map(count).reduce(0, +) == limited)
        #expect(events.last?.detail?.hasSuffix("besides those that are named") == true)
        #expect(events.last?.keyID == nil && events.last?.requestID == nil)
    }

    /// What cannot be written now is in the next record.
    @Test func aLogThatCannotBeWrittenLosesNoCount() async throws {
        let site = try Site(RateLimits(key: 1))
        let keyID = KeyID.random()
        var limited = try await site.flood(10, keyID, from: "192.0.2.1")
        let database = try DatabaseQueue(path: site.folder + "/catalog.sqlite")
        try await database.write { try $0.execute(sql: "ALTER TABLE auditBatch RENAME TO away") }
        await site.service.recordLimitedRequests()
        limited += try await site.flood(10, keyID, from: "192.0.2.1")
        try await database.write { try $0.execute(sql: "ALTER TABLE away RENAME TO auditBatch") }
        // The log is tried again once a second.
        for _ in 0..<100 where try await site.limitedEvents.isEmpty {
            await site.service.recordLimitedRequests()
            try await Task.sleep(for: .milliseconds(100))
        }
        let events = try await site.limitedEvents
        #expect(events.map(count).reduce(0, +) == limited)
    }
}
