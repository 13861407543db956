import ContentKeys
import Foundation
import Policies
import Testing

@Suite struct ExportGrantTests {
    private let keyID = KeyID.random()

    private func decide(
        _ role: OperatorRole?, _ type: ContentKeyType?, _ form: ExportRequest.Form = .wrapped(recipient: "f")
    ) -> ExportDecision {
        ExportGrant.decide(ExportRequest(keyID: keyID, role: role, form: form), type: type)
    }

    @Test(arguments: [nil, OperatorRole.reader, .operator])
    func otherRolesAreDenied(role: OperatorRole?) {
        for type in ContentKeyType.allCases {
            #expect(decide(role, type) == .denied(.roleMissing))
            #expect(decide(role, type, .clear(confirmed: true)) == .denied(.roleMissing))
        }
    }

    @Test func keyAdminsExportDeliverableKeysOnly() {
        for type in ContentKeyType.allCases {
            guard case .granted(let grant) = decide(.keyAdmin, type) else {
                #expect(!type.isDeliverable)
                continue
            }
            #expect(type.isDeliverable)
            #expect(grant.keyID == keyID)
        }
        #expect(decide(.keyAdmin, .storage) == .denied(.keyNotDeliverable))
        #expect(decide(.keyAdmin, nil) == .denied(.keyUnknown))
    }

    @Test func aKeyInTheClearIsAskedForInSoManyWords() {
        #expect(decide(.keyAdmin, .common, .clear(confirmed: false)) == .denied(.clearNotConfirmed))
        guard case .granted = decide(.keyAdmin, .common, .clear(confirmed: true)) else {
            Issue.record("a confirmed export was refused")
            return
        }
    }
}

@Suite struct ValidityTests {
    @Test func aKeyOutsideItsValidityIsUnknownToClients() throws {
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        let policy = AuthorizationPolicy(
            name: "p", options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.open])])
        let facts = KeyFacts(
            keyID: keyID(1), type: .envelope, isEnabled: true, notBefore: start,
            notAfter: start.addingTimeInterval(60))
        let request = KeyRequest(
            keyIDs: [keyID(1)], delivery: .aes, credential: nil, clientAddress: try #require(IPAddress("127.0.0.1")))
        let evaluator = AuthorizationEvaluator(verifier: NoTokens())
        for (seconds, granted) in [(-1, false), (0, true), (59, true), (60, false)] {
            let decision = evaluator.decide(
                keyID(1), in: request, facts: facts, policy: policy, at: start.addingTimeInterval(Double(seconds)))
            switch decision {
            case .granted: #expect(granted)
            case .denied(let reason):
                #expect(!granted)
                #expect(reason.code == .keyOutsideValidity)
                #expect(reason.denialClass == .unknownKey)
            }
        }
    }

    private struct NoTokens: TokenVerifier {
        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            .rejected(.signatureInvalid)
        }
    }
}
