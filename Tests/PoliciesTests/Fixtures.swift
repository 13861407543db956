import ContentKeys
import Foundation
import Policies

let now = Date(timeIntervalSince1970: 1_700_000_000)

func keyID(_ number: UInt8) -> KeyID {
    KeyID(bytes: [UInt8](repeating: 0, count: 15) + [number]) ?? .random()
}

func address(_ text: String) throws -> IPAddress {
    guard let address = IPAddress(text) else { throw FixtureError(text) }
    return address
}

func block(_ text: String) throws -> AddressBlock {
    guard let block = AddressBlock(text) else { throw FixtureError(text) }
    return block
}

struct FixtureError: Error {
    var text: String
    init(_ text: String) { self.text = text }
}

/// Verifies the tokens that it was told of, and no others; counts how often it was asked.
final class TableVerifier: TokenVerifier, @unchecked Sendable {
    // Mutable without a lock: a test asks from one task only.
    private(set) var count = 0
    let tokens: [String: VerifiedToken]

    init(_ tokens: [String: VerifiedToken] = [:]) {
        self.tokens = tokens
    }

    func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
        count += 1
        guard let verified = tokens[token] else { return .rejected(.signatureInvalid) }
        guard verified.issuer == restriction.issuer else { return .rejected(.issuerMismatch) }
        return .verified(verified)
    }
}

func verifiedToken(
    issuer: String = "sts", claims: [String: [String]] = [:], expires: Date = now.addingTimeInterval(600)
) -> VerifiedToken {
    VerifiedToken(
        kind: .jwt, issuer: issuer, subject: nil, tokenID: nil, expires: expires, claims: claims,
        identity: [1, 2, 3])
}

func tokenRestriction(
    issuer: String = "sts", claims: [RequiredClaim] = [], maximumUses: Int? = nil
) -> TokenRestriction {
    TokenRestriction(
        kind: .jwt, issuer: issuer, audience: "aud",
        verificationKeys: [VerificationKey(source: .secret("s"), algorithms: [.hs256])],
        requiredClaims: claims, maximumUses: maximumUses)
}

func request(
    _ delivery: KeyDeliveryType = .aes, token: String? = nil, from client: String = "192.0.2.1"
) throws -> KeyRequest {
    KeyRequest(keyIDs: [keyID(1)], delivery: delivery, credential: token, clientAddress: try address(client))
}

func policy(
    _ restrictions: [Restriction]..., delivery: Set<KeyDeliveryType> = [.aes, .clearkey]
) -> AuthorizationPolicy {
    AuthorizationPolicy(
        name: "policy",
        options: restrictions.enumerated().map {
            AuthorizationOption(name: "option\($0.offset)", delivery: delivery, restrictions: $0.element)
        })
}

extension AuthorizationDecision {
    var grant: Grant? {
        if case .granted(let grant) = self { grant } else { nil }
    }

    var reason: DenialReason? {
        if case .denied(let reason) = self { reason } else { nil }
    }
}
