import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

@testable import Administration

@Suite struct PublicationTests {
    let catalog: any CatalogEngine = FakeCatalog()

    private var publication: Publication { Publication(catalog: catalog, makeKey: makeFakeKey) }

    private static let documents = """
        kind: AuthorizationPolicy
        name: viewers
        options: [{ name: web, delivery: [aes, clearkey], restrictions: [open] }]
        ---
        kind: AuthorizationPolicy
        name: others
        options: [{ name: web, delivery: [aes], restrictions: [open] }]
        ---
        { kind: DeliveryPolicy, name: hls-aes, protocols: [hls], encryption: envelope }
        ---
        { kind: DeliveryPolicy, name: hls-cbcs, protocols: [hls], encryption: cbcs }
        ---
        kind: DeliveryPolicy
        name: dash-cenc
        protocols: [dash]
        encryption: cenc
        keys: { audio: auto, video-sd: auto, video-hd: auto, video-uhd: auto }
        ---
        { kind: DeliveryPolicy, name: video-only, protocols: [dash], encryption: cenc, keys: { video: auto } }
        ---
        { kind: DeliveryPolicy, name: clear-sound, protocols: [dash], encryption: cenc, keys: { video: auto, audio: clear } }
        ---
        { kind: DeliveryPolicy, name: clear, protocols: [hls, progressive], encryption: none }
        ---
        { kind: AccessPolicy, name: hour, permissions: [read, list], duration: 1h }
        ---
        { kind: AccessPolicy, name: writers, permissions: [write], duration: 1h }
        """

    private func prepare() async throws {
        _ = try await catalog.applyDocuments(Self.documents)
        try await catalog.addAsset("film")
    }

    private func request(_ delivery: String..., auth: String? = "viewers") -> PublicationRequest {
        PublicationRequest(asset: "film", authorizationPolicy: auth, deliveryPolicies: delivery)
    }

    @Test func givesKeysNumbersAndALocator() async throws {
        try await prepare()
        let published = try await publication.publish(request("hls-aes", "dash-cenc", "hls-cbcs"), at: moment)
        #expect(published.warnings.isEmpty)
        #expect(published.deliveryPolicies.map(\.name) == ["hls-aes", "dash-cenc", "hls-cbcs"])
        // Five keys: no track is above 1080 lines, so nothing asks for a video-uhd key.
        #expect(
            published.assignments.map { "\($0.encryption.rawValue) \($0.label.rawValue)" } == [
                "cbcs all", "cenc audio", "cenc video-hd", "cenc video-sd", "envelope all",
            ])
        #expect(Set(published.assignments.map(\.keyID)).count == 5)
        let tracks = [["audio", "v360", "v720"], ["audio"], ["v720"], ["v360"], ["audio", "v360", "v720"]]
        for (assignment, tracks) in zip(published.assignments, tracks) {
            let key = try #require(try await catalog.contentKey(assignment.keyID))
            #expect(key.type == assignment.encryption.keyType && key.authorizationPolicy == "viewers")
            #expect(key.name == nil)
            let numbers = try await catalog.ivAllocations(keyID: key.keyID, asset: "film", version: 1)
            #expect(numbers.map(\.track).sorted() == tracks)
            #expect(Set(numbers.map(\.number)).count == tracks.count)
        }
        let lookup = try #require(try await catalog.locatorLookup(published.locator.id))
        #expect(lookup.terms.permissions == [.read] && lookup.terms.deliveryPolicies.count == 3)
        #expect(lookup.terms.locator.accessPolicy == "streaming-default" && lookup.terms.locator.start == moment)
        #expect(lookup.terms.locator.end == moment.addingTimeInterval(365 * 86_400))
        let events = try await catalog.events()
        #expect(events.suffix(6).map(\.action) == Array(repeating: .keyCreated, count: 5) + [.assetPublished])
        #expect(events.last?.detail?.contains("\(published.locator.id)") == true)
    }

    @Test func usesKeysAgain() async throws {
        try await prepare()
        let first = try await publication.publish(request("hls-aes", "dash-cenc"), at: moment)
        let second = try await publication.publish(request("hls-aes", "dash-cenc", auth: nil), at: moment)
        #expect(first.assignments == second.assignments && first.locator.id != second.locator.id)
        let third = try await publication.publish(request("hls-aes", "hls-cbcs"), at: moment)
        #expect(third.assignments.last == first.assignments.last && third.assignments.count == 2)
        let keyID = try #require(first.assignments.last?.keyID)
        #expect(try await catalog.ivAllocations(keyID: keyID, asset: "film", version: 1).count == 3)
    }

    @Test func clearNeedsNoKey() async throws {
        try await prepare()
        let published = try await publication.publish(request("clear", auth: nil), at: moment)
        #expect(published.assignments.isEmpty)
        #expect(try await catalog.keyAssignments(asset: "film").isEmpty)
    }

    @Test func clearTracksNeedNoKey() async throws {
        try await prepare()
        let published = try await publication.publish(request("clear-sound"), at: moment)
        let key = try #require(published.assignments.first)
        #expect(published.assignments.count == 1 && key.label == .video)
        let numbers = try await catalog.ivAllocations(keyID: key.keyID, asset: "film", version: 1)
        #expect(numbers.map(\.track).sorted() == ["v360", "v720"])
    }

    @Test func keepsTheWindowOfTheAccessPolicy() async throws {
        try await prepare()
        var request = request("clear", auth: nil)
        request.accessPolicy = "hour"
        request.start = moment.addingTimeInterval(60)
        #expect(try await publication.publish(request, at: moment).locator.end == moment.addingTimeInterval(3660))
        request.end = moment.addingTimeInterval(120)
        #expect(try await publication.publish(request, at: moment).locator.end == moment.addingTimeInterval(120))
        request.end = moment.addingTimeInterval(3661)
        #expect(await refusal(of: request) == .timeOutOfRange)
        request.end = request.start
        #expect(await refusal(of: request) == .timeOutOfRange)
        request.start = moment.addingTimeInterval(-7200)
        request.end = nil
        #expect(await refusal(of: request) == .timeOutOfRange)
    }

    @Test func refusesWhatDoesNotFit() async throws {
        try await prepare()
        #expect(await refusal(of: request("hls-aes", auth: nil)) == .authorizationPolicyNotNamed)
        #expect(await refusal(of: request("hls-aes", auth: "nobody")) == .authorizationPolicyMissing)
        #expect(await refusal(of: request("clear")) == .authorizationPolicyUnused)
        #expect(await refusal(of: request("none")) == .deliveryPolicyMissing)
        #expect(await refusal(of: request()) == .deliveryPolicyNotNamed)
        #expect(await refusal(of: request("clear", "hls-aes")) == .deliveryPolicyConflict)
        #expect(await refusal(of: request("dash-cenc", "video-only")) == .deliveryPolicyConflict)
        #expect(await refusal(of: request("video-only")) == .trackNotCovered)
        var request = request("hls-aes")
        request.accessPolicy = "writers"
        #expect(await refusal(of: request) == .accessPolicyWithoutRead)
        request.accessPolicy = "nothing"
        #expect(await refusal(of: request) == .accessPolicyMissing)
        request.asset = "other"
        #expect(await refusal(of: request) == .assetMissing)
        #expect(try await catalog.locators(asset: nil).isEmpty)
        #expect(try await catalog.keyAssignments(asset: "film").isEmpty)
    }

    @Test func refusesAnAssetWithoutAVersion() async throws {
        try await prepare()
        let storage = try await makeFakeKey(.storage, .random(), nil)
        try await catalog.apply([
            .insertContentKey(storage),
            .insertAsset(AssetRecord(name: "young", created: moment, storageKey: storage.keyID)),
        ])
        #expect(
            await refusal(of: PublicationRequest(asset: "young", deliveryPolicies: ["clear"])) == .assetWithoutVersion)
    }

    /// A key's policy is not changed in passing: the error says how to change it, and that way works.
    @Test func refusesAnotherAuthorizationPolicyForAKey() async throws {
        try await prepare()
        let published = try await publication.publish(request("hls-aes"), at: moment)
        let keyID = try #require(published.assignments.first?.keyID)
        do {
            _ = try await publication.publish(request("hls-aes", auth: "others"), at: moment)
            Issue.record("published")
        } catch let error as PublicationError {
            #expect(error.code == .authorizationPolicyMismatch)
            #expect(error.reason.contains("'viewers', not 'others'") && error.reason.contains("\(keyID)"))
        }
        _ = try await catalog.applyDocuments(
            "{ kind: ContentKey, name: film-aes, type: envelope, kid: \(keyID), authorizationPolicy: others }")
        _ = try await publication.publish(request("hls-aes", auth: "others"), at: moment)
    }

    @Test func warnsWhenNobodyCouldGetTheKeys() async throws {
        try await prepare()
        let published = try await publication.publish(request("hls-cbcs", "hls-aes", auth: "others"), at: moment)
        #expect(
            published.warnings == [
                "authorization policy 'others' delivers no key to players of 'cbcs': no option names clearkey"
            ])
    }

    @Test func twoPublicationsAtOnceAgree() async throws {
        try await prepare()
        let (publication, request) = (publication, request("hls-aes", "dash-cenc"))
        let results = try await withThrowingTaskGroup(of: PublishedAsset.self) { group in
            for _ in 0..<3 { group.addTask { try await publication.publish(request, at: moment) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(results.map(\.locator.id)).count == 3)
        #expect(Set(results.map(\.assignments)).count == 1)
    }

    @Test func aNewVersionGetsNumbersAndMissingKeys() async throws {
        try await prepare()
        let published = try await publication.publish(request("hls-aes", "dash-cenc"), at: moment)
        let tracks = ladder + [track("v2160", height: 2160)]
        try await catalog.addVersion(of: "film", tracks: tracks, with: publication.allocateNumbersForNewVersion)
        let assignments = try await catalog.keyAssignments(asset: "film")
        #expect(assignments.count == published.assignments.count + 1)
        let added = try #require(assignments.first { $0.label == .videoUHD })
        #expect(try await catalog.contentKey(added.keyID)?.authorizationPolicy == "viewers")
        for assignment in assignments {
            let numbers = try await catalog.ivAllocations(keyID: assignment.keyID, asset: "film", version: 2)
            #expect(!numbers.isEmpty)
            let before = try await catalog.ivAllocations(keyID: assignment.keyID, asset: "film", version: 1)
            #expect(Set(numbers.map(\.number)).isDisjoint(with: before.map(\.number)))
        }
    }

    @Test func aVersionOfAnUnpublishedAssetNeedsNothing() async throws {
        try await prepare()
        let version = try await catalog.addVersion(of: "film", tracks: ladder)
        #expect(try await publication.allocateNumbersForNewVersion(version).isEmpty)
    }

    private func refusal(of request: PublicationRequest) async -> PublicationError.Code? {
        do {
            _ = try await publication.publish(request, at: moment)
            return nil
        } catch {
            return (error as? PublicationError)?.code
        }
    }
}
