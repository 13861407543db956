import ContentKeys
import Foundation
import Policies
import Testing

@Suite struct EncryptorGrantTests {
    private static let encryptor = Encryptor(name: "e", authorizationPolicy: "films", mayCreate: true)
    private static let keyID = KeyID.random()

    private func decide(
        _ type: ContentKeyType = .commonCbcs, form: EncryptorRequest.Form = .clear(isProtected: true),
        mayCreate: Bool = true, has held: ContentKeyType? = .commonCbcs, keyID: KeyID = keyID, enabled: Bool = true,
        policy: String? = "films", used: Bool = false
    ) -> EncryptorDecision {
        var encryptor = Self.encryptor
        encryptor.mayCreate = mayCreate
        return EncryptorGrant.decide(
            EncryptorRequest(keyID: Self.keyID, type: type, encryptor: encryptor, form: form),
            facts: held.map { KeyFacts(keyID: keyID, type: $0, isEnabled: enabled) }, policy: policy,
            isUsedByOrigin: used, at: now)
    }

    /// Media is encrypted before it is published, and not when its time is over.
    @Test func onlyTheEndOfAKeysTimeCounts() throws {
        func decide(_ facts: KeyFacts) -> EncryptorDecision {
            let encryptor = Encryptor(name: "p", authorizationPolicy: "viewers", mayCreate: false)
            return EncryptorGrant.decide(
                EncryptorRequest(
                    keyID: Self.keyID, type: .commonCbcs, encryptor: encryptor, form: .clear(isProtected: true)),
                facts: facts, policy: "viewers", isUsedByOrigin: false, at: now)
        }
        var facts = KeyFacts(keyID: Self.keyID, type: .commonCbcs, isEnabled: true)
        facts.notBefore = now.addingTimeInterval(60)
        facts.notAfter = now.addingTimeInterval(120)
        guard case .granted = decide(facts) else {
            Issue.record("a key whose time is to come is given")
            return
        }
        facts.notAfter = now
        #expect(decide(facts) == .denied(.keyExpired))
    }

    @Test func aKeyUnderThePolicyIsGranted() throws {
        guard case .granted(let grant) = decide() else { throw EncryptorDecision.Denial.keyUnknown }
        #expect(grant.keyID == Self.keyID && grant.encryptor == "e" && grant.type == .commonCbcs)
        let key = WrappedContentKey(keyID: Self.keyID, type: .commonCbcs, kek: KEKVersion(rawValue: 1), ciphertext: [])
        #expect(UnwrapPurpose.exchange(grant).covers(key))
        for other in [
            WrappedContentKey(keyID: .random(), type: .commonCbcs, kek: key.kek, ciphertext: []),
            WrappedContentKey(keyID: Self.keyID, type: .common, kek: key.kek, ciphertext: []),
            WrappedContentKey(keyID: Self.keyID, type: .storage, kek: key.kek, ciphertext: []),
        ] {
            #expect(!UnwrapPurpose.exchange(grant).covers(other))
        }
    }

    @Test func everythingElseIsDenied() {
        #expect(decide(has: nil, policy: nil) == .toBeMade)
        #expect(decide(mayCreate: false, has: nil, policy: nil) == .denied(.keyUnknown))
        #expect(decide(policy: nil) == .denied(.notCovered))
        #expect(decide(policy: "others") == .denied(.notCovered))
        #expect(decide(keyID: .random()) == .denied(.notCovered))
        #expect(decide(enabled: false) == .denied(.keyDisabled))
        #expect(decide(.common) == .denied(.schemeMismatch))
        #expect(decide(.storage, has: .storage) == .denied(.keyNotDeliverable))
        #expect(decide(.storage, has: nil) == .denied(.keyNotDeliverable))
        #expect(decide(has: .storage) == .denied(.keyNotDeliverable))
        #expect(decide(form: .clear(isProtected: false)) == .denied(.connectionNotProtected))
        #expect(decide(form: .clear(isProtected: false), has: nil) == .denied(.connectionNotProtected))
    }

    @Test func theOriginsCounterModeKeysAreItsOwn() {
        #expect(decide(.common, has: .common, used: true) == .denied(.usedByOrigin))
        guard case .granted = decide(.common, has: .common) else { return #expect(Bool(false)) }
        guard case .granted = decide(used: true) else { return #expect(Bool(false)) }
        guard case .granted = decide(form: .wrapped(recipient: "x")) else { return #expect(Bool(false)) }
    }
}
