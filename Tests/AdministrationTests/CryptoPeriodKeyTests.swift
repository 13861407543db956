import Catalog
import MediaModel
import Policies
import Testing

@testable import Administration

/// Keys of crypto periods: made at publication, all under one policy, and more of them for a version that is longer.
@Suite struct CryptoPeriodKeyTests {
    let catalog: any CatalogEngine = FakeCatalog()

    private var publication: Publication { Publication(catalog: catalog, makeKey: makeFakeKey) }

    private func prepare(seconds: UInt64) async throws {
        _ = try await catalog.applyDocuments(
            """
            kind: AuthorizationPolicy
            name: viewers
            options: [{ name: web, delivery: [aes, clearkey], restrictions: [open] }]
            ---
            { kind: DeliveryPolicy, name: timed, protocols: [dash], encryption: cenc, cryptoPeriod: 10s }
            ---
            { kind: DeliveryPolicy, name: whole, protocols: [hls], encryption: cenc }
            ---
            { kind: DeliveryPolicy, name: envelope, protocols: [hls], encryption: envelope, cryptoPeriod: 10s }
            """)
        try await catalog.addAsset("film")
        try await catalog.addVersion(of: "film", tracks: tracks(seconds: seconds))
    }

    private func tracks(seconds: UInt64) -> [TrackRecord] {
        ladder.map { track in
            var track = track
            track.duration = seconds * UInt64(track.description.timescale)
            return track
        }
    }

    private func publish(_ policy: String, auth: String? = "viewers") async throws -> PublishedAsset {
        try await publication.publish(
            PublicationRequest(asset: "film", authorizationPolicy: auth, deliveryPolicies: [policy]), at: moment)
    }

    private func current() async throws -> Int { try #require(try await catalog.asset(named: "film")?.currentVersion) }

    @Test func everyPeriodHasAKeyWithNumbersForEveryTrack() async throws {
        try await prepare(seconds: 35)
        let published = try await publish("timed")
        #expect(published.assignments.map(\.period) == [0, 1, 2, 3])
        #expect(Set(published.assignments.map(\.keyID)).count == 4)
        let version = try await current()
        for assignment in published.assignments {
            #expect(try await catalog.contentKey(assignment.keyID)?.authorizationPolicy == "viewers")
            let numbers = try await catalog.ivAllocations(keyID: assignment.keyID, asset: "film", version: version)
            #expect(Set(numbers.map(\.track)) == Set(ladder.map(\.description.name)))
            #expect(Set(numbers.map(\.number)).count == ladder.count)
        }
        // Again, and under a policy without periods: the same keys.
        #expect(try await publish("timed", auth: nil).assignments == published.assignments)
        #expect(try await publish("whole", auth: nil).assignments == [published.assignments[0]])
    }

    @Test func aLongerVersionGetsTheKeysThatItLacks() async throws {
        try await prepare(seconds: 15)
        let published = try await publish("timed")
        #expect(published.assignments.count == 2)
        try await catalog.addVersion(
            of: "film", tracks: tracks(seconds: 31), with: publication.allocateNumbersForNewVersion)
        let assignments = try await catalog.keyAssignments(asset: "film").inForce(at: try await current())
        #expect(assignments.map(\.period).sorted() == [0, 1, 2, 3])
        #expect(assignments.filter { $0.period < 2 }.map(\.keyID) == published.assignments.map(\.keyID))
        for assignment in assignments {
            #expect(try await catalog.contentKey(assignment.keyID)?.authorizationPolicy == "viewers")
            let numbers = try await catalog.ivAllocations(
                keyID: assignment.keyID, asset: "film", version: try await current())
            #expect(numbers.count == ladder.count)
        }
    }

    /// 64 periods of samples and 1000 of whole segments are made; one more is refused, and nothing is written.
    @Test(arguments: [("timed", UInt64(64)), ("envelope", 1000)])
    func theirNumberIsBounded(policy: String, most: UInt64) async throws {
        try await prepare(seconds: most * 10 + 1)
        await #expect(throws: PublicationError.self) { try await publish(policy) }
        #expect(try await catalog.keyAssignments(asset: "film").isEmpty)
        try await catalog.addVersion(of: "film", tracks: tracks(seconds: most * 10))
        #expect(try await publish(policy).assignments.count == Int(most))
    }
}
