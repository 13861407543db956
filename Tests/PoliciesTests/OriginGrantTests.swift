import ContentKeys
import Foundation
import Testing

@testable import Policies

@Suite struct OriginGrantTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let keyID = KeyID.random()

    private func facts(_ type: ContentKeyType = .envelope, isEnabled: Bool = true) -> KeyFacts {
        KeyFacts(keyID: Self.keyID, type: type, isEnabled: isEnabled)
    }

    private func terms(
        _ policies: [DeliveryPolicy], kind: LocatorKind = .streaming, permissions: Set<AccessPermission> = [.read],
        end: TimeInterval = 60, isRevoked: Bool = false
    ) -> LocatorTerms {
        LocatorTerms(
            locator: Locator(
                id: LocatorID(), kind: kind, asset: "film", accessPolicy: "watch",
                deliveryPolicies: policies.map(\.name), start: Self.now.addingTimeInterval(-60),
                end: Self.now.addingTimeInterval(end), isRevoked: isRevoked),
            deliveryPolicies: policies, permissions: permissions)
    }

    private func policy(
        _ encryption: DeliveryEncryption = .envelope, _ protocols: Set<StreamingProtocol> = [.hls],
        labels: Set<KeyLabel> = []
    ) -> DeliveryPolicy {
        DeliveryPolicy(name: "\(encryption)", protocols: protocols, encryption: encryption, keyLabels: labels)
    }

    private func decide(
        _ use: OriginKeyRequest.Use = .encryption(.envelope, .hls), facts: KeyFacts?, places: [OriginKeyPlace]
    ) -> OriginDecision {
        OriginGrant.decide(
            OriginKeyRequest(keyID: Self.keyID, use: use), from: "edge", facts: facts, places: places, at: Self.now)
    }

    private func denial(_ decision: OriginDecision) -> OriginDecision.Denial? {
        if case .denied(let denial) = decision { denial } else { nil }
    }

    @Test func whatIsPublishedIsGranted() throws {
        let place = OriginKeyPlace(terms: terms([policy()]), label: .all, isTakenDown: false)
        guard case .granted(let grant) = decide(facts: facts(), places: [place]) else {
            Issue.record("denied")
            return
        }
        #expect(grant.keyID == Self.keyID && grant.type == .envelope && grant.origin == "edge")
        #expect(grant.locator == place.terms.locator.id)
    }

    @Test func nothingElseIs() {
        func refused(_ terms: LocatorTerms, _ label: KeyLabel? = .all) -> OriginDecision.Denial? {
            denial(decide(facts: facts(), places: [OriginKeyPlace(terms: terms, label: label, isTakenDown: false)]))
        }
        let place = OriginKeyPlace(terms: terms([policy()]), label: .all, isTakenDown: false)
        #expect(denial(decide(facts: nil, places: [place])) == .keyUnknown)
        var other = facts()
        other.keyID = .random()
        #expect(denial(decide(facts: other, places: [place])) == .keyUnknown)
        #expect(denial(decide(facts: facts(isEnabled: false), places: [place])) == .keyDisabled)
        #expect(denial(decide(facts: facts(.common), places: [place])) == .useMismatch)
        #expect(denial(decide(facts: facts(.storage), places: [place])) == .useMismatch)
        #expect(denial(decide(.storage, facts: facts(), places: [place])) == .useMismatch)
        for encryption in [DeliveryEncryption.none, .blocked] {
            #expect(denial(decide(.encryption(encryption, .hls), facts: facts(), places: [place])) == .useMismatch)
        }
        #expect(denial(decide(facts: facts(), places: [])) == .notPublished)
        #expect(denial(decide(.encryption(.envelope, .dash), facts: facts(), places: [place])) == .notPublished)
        #expect(refused(terms([policy()], end: 0)) == .notPublished)
        #expect(refused(terms([policy()], isRevoked: true)) == .notPublished)
        #expect(refused(terms([policy()], kind: .sas)) == .notPublished)
        #expect(refused(terms([policy()], permissions: [.list])) == .notPublished)
        #expect(refused(terms([])) == .notPublished)
        #expect(refused(terms([policy(.cbcs)])) == .notPublished)
        #expect(refused(terms([policy(), policy(.blocked)])) == .notPublished)
        #expect(refused(terms([policy()]), .audio) == .notPublished)
        #expect(refused(terms([policy()]), nil) == .notPublished)
        #expect(refused(terms([policy(labels: [.audio])])) == .notPublished)
        #expect(refused(terms([policy(labels: [.audio])]), .audio) == nil)
    }

    @Test func nothingOfWhatIsTakenDownIsGrantedUnlessSomethingElseHasIt() {
        let down = OriginKeyPlace(terms: terms([policy()]), label: .all, isTakenDown: true)
        let up = OriginKeyPlace(terms: terms([policy()]), label: .all)
        #expect(denial(decide(facts: facts(), places: [down])) == .keyWithheld)
        #expect(denial(decide(facts: facts(), places: [down, up])) == nil)
        let closed = OriginKeyPlace(terms: terms([policy()], end: 0), label: .all)
        #expect(denial(decide(facts: facts(), places: [closed, down])) == .keyWithheld)
        // What was published no way is not said to be withheld.
        let other = OriginKeyPlace(terms: terms([policy(.cbcs)]), label: .all, isTakenDown: true)
        #expect(denial(decide(facts: facts(), places: [other, closed])) == .notPublished)
        let stored = OriginKeyPlace(terms: terms([policy(.none)]), label: nil, isTakenDown: true)
        #expect(denial(decide(.storage, facts: facts(.storage), places: [stored])) == .keyWithheld)
    }

    @Test func aStorageKeyIsGivenWhileAnythingMayLeave() {
        func refused(_ terms: LocatorTerms) -> OriginDecision.Denial? {
            denial(
                decide(
                    .storage, facts: facts(.storage),
                    places: [OriginKeyPlace(terms: terms, label: nil, isTakenDown: false)]))
        }
        #expect(refused(terms([policy(.none)])) == nil)
        #expect(refused(terms([policy(.cenc, [.dash])])) == nil)
        #expect(refused(terms([policy(.blocked, [.dash, .hls])])) == .notPublished)
        #expect(refused(terms([])) == .notPublished)
        #expect(refused(terms([policy(.none)], isRevoked: true)) == .notPublished)
    }

    @Test func theGrantCoversItsKeyOnly() {
        guard
            case .granted(let grant) = decide(
                facts: facts(), places: [OriginKeyPlace(terms: terms([policy()]), label: .all, isTakenDown: false)])
        else {
            Issue.record("denied")
            return
        }
        func key(_ keyID: KeyID, _ type: ContentKeyType) -> WrappedContentKey {
            WrappedContentKey(keyID: keyID, type: type, kek: KEKVersion(rawValue: 1), ciphertext: [])
        }
        #expect(UnwrapPurpose.origin(grant).covers(key(Self.keyID, .envelope)))
        #expect(!UnwrapPurpose.origin(grant).covers(key(Self.keyID, .storage)))
        #expect(!UnwrapPurpose.origin(grant).covers(key(.random(), .envelope)))
    }
}
