import Administration
import Catalog
import Foundation
import Synchronization
import Testing

@Suite struct AuthenticationTests {
    let desk: Desk
    let clock = Clock()
    let authentication: AdminAuthentication

    final class Clock: Sendable {
        private let time = Mutex(moment)
        var now: Date { time.withLock { $0 } }
        func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
    }

    init() throws {
        desk = try Desk()
        authentication = AdminAuthentication(catalog: desk.catalog, now: { [clock] in clock.now })
    }

    private func identify(_ token: String?, from address: String = "192.0.2.1") async -> OperatorError.Code? {
        await refusal { _ = try await authentication.identify(token: token, address: address, requestID: "r1") }
    }

    private func makeToken(_ name: String, _ role: AdminRole = .reader, expires: String? = nil) async throws -> String {
        try await desk.operator().perform(CreateAdminToken(name: name, role: role.rawValue, expires: expires)).token
    }

    @Test func aTokenIsItsHolder() async throws {
        let token = try await makeToken("ann", .operator)
        #expect(token.hasPrefix("kwa_"))
        #expect(token.utf8.count == 47)
        let identity = try await authentication.identify(token: token, address: "192.0.2.1", requestID: "r")
        #expect(identity.name == "ann")
        #expect(identity.role == .operator)
        #expect(try await makeToken("bob") != token)
    }

    @Test func theCatalogKeepsTheHashOnly() async throws {
        let token = try await makeToken("ann")
        for suffix in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: desk.folder.path + "/catalog.sqlite" + suffix))
            #expect(bytes.range(of: Data(token.utf8)) == nil)
            #expect(bytes.range(of: Data(token.dropFirst(4).utf8)) == nil)
        }
    }

    @Test func revocationIsInForceAtOnce() async throws {
        let token = try await makeToken("ann")
        #expect(await identify(token) == nil)
        _ = try await desk.operator().perform(RevokeAdminToken(name: "ann"))
        #expect(await identify(token) == .unauthenticated)
        let event = try #require(try await desk.events().last)
        #expect(event.action == .adminRefused)
        #expect(event.reason == "revoked")
        #expect(event.detail == "ann")
        #expect(event.clientAddress == "192.0.2.1")
        // Revoking again changes nothing, and the name stays taken.
        _ = try await desk.operator().perform(RevokeAdminToken(name: "ann"))
        #expect(await refusal { _ = try await makeToken("ann") } == .exists)
    }

    @Test func aTokenExpires() async throws {
        let token = try await makeToken("ann", expires: "1h")
        clock.advance(3599)
        #expect(await identify(token) == nil)
        clock.advance(1)
        #expect(await identify(token) == .unauthenticated)
        #expect(try await desk.events().last?.reason == "expired")
    }

    @Test func refusalsAreLimitedByAddressAndValidTokensNever() async throws {
        let token = try await makeToken("ann")
        let wrong = "kwa_" + String(repeating: "A", count: 43)
        for _ in 0..<10 { #expect(await identify(wrong) == .unauthenticated) }
        let audited = try await desk.events().count
        #expect(await identify(wrong) == .limited)
        #expect(try await desk.events().count == audited)
        #expect(await identify(wrong, from: "192.0.2.2") == .unauthenticated)
        #expect(await identify(token) == nil)
        // What cannot be a token is refused as ever, and not audited any more.
        #expect(await identify("x") == .unauthenticated)
        #expect(try await desk.events().count == audited + 1)
        clock.advance(60)
        #expect(await identify(wrong) == .unauthenticated)
    }

    @Test func theWholeIsLimitedToo() async throws {
        for number in 0..<200 { _ = await identify("wrong", from: "192.0.2.\(number)") }
        #expect(try await desk.events().count == 120)
    }

    private func holder(_ name: String) async throws -> AdminIdentity {
        try await authentication.identify(token: try await makeToken(name), address: "192.0.2.1", requestID: "r")
    }

    private func refuse(_ identity: AdminIdentity, times: Int = 1, _ purpose: String = "GET /x") async throws {
        for _ in 0..<times {
            try await authentication.recordRefusal(
                of: identity, lacking: .keyAdmin, purpose: purpose, address: "192.0.2.1", requestID: "r1")
        }
    }

    private func refusals() async throws -> [AuditEvent] {
        try await desk.events().filter { $0.action == .adminRefused }
    }

    /// What a role does not allow is audited with its token's name, within bounds of that token and of all.
    @Test func refusalsByRoleAreAudited() async throws {
        let ann = try await holder("ann")
        try await refuse(ann, "POST /v1/keys/film/export")
        let event = try #require(try await refusals().last)
        #expect(event.reason == "role" && event.actor == "ann")
        #expect(event.clientAddress == "192.0.2.1" && event.requestID == "r1")
        #expect(event.detail == "POST /v1/keys/film/export takes key-admin, not reader")
        try await refuse(ann, times: 49)
        #expect(try await refusals().count == 10)
        // Of another token there is room for; and a bad token's bounds are others.
        try await refuse(try await holder("bob"))
        #expect(await identify("kwa_" + String(repeating: "A", count: 43)) == .unauthenticated)
        #expect(try await refusals().suffix(2).map(\.reason) == ["role", "unknown"])
    }

    @Test func aLongPathIsNotWrittenDown() async throws {
        try await refuse(try await holder("ann"), "GET /" + String(repeating: "x", count: 20_000))
        #expect(try await refusals().last?.detail?.utf8.count ?? 1000 < 200)
    }

    /// Nothing is missing in the log: what had no record of its own is in one, with how many.
    @Test func whatIsBeyondTheBoundsIsSummedUp() async throws {
        for _ in 0..<15 { _ = await identify("wrong") }
        try await refuse(try await holder("ann"), times: 37)
        clock.advance(30)
        await authentication.recordRefusals()
        let events = try await refusals()
        #expect(events.count == 22)
        let sums = events.suffix(2)
        #expect(sums.map(\.reason) == ["role", "unknown"])
        #expect(
            sums.map(\.detail) == [
                "27 refusals in 30 s, besides those that have a record of their own",
                "5 refusals in 30 s, besides those that have a record of their own",
            ])
        await authentication.recordRefusals()
        #expect(try await refusals().count == 22)
    }

    @Test(arguments: [nil, ""])
    func withoutATokenNothingIsAudited(token: String?) async throws {
        #expect(await identify(token) == .unauthenticated)
        #expect(try await desk.events().isEmpty)
    }

    @Test func rolesIncludeEachOther() {
        #expect(AdminRole.reader < .operator)
        #expect(AdminRole.operator < .keyAdmin)
        #expect(AdminRole.allCases == AdminRole.allCases.sorted())
    }
}
