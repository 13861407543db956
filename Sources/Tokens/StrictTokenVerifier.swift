import Cryptography
public import Policies

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Verifies JWT and SWT. Strict: one spelling of everything that has one, signature before claims, the algorithm chosen
/// by the policy's keys and never by the token.
///
/// A token that verified is remembered, so that the next request with it costs a hash: see `VerifiedTokens`.
public final class StrictTokenVerifier: TokenVerifier {
    /// The longest token that is looked at, in bytes.
    public static let longestToken = 16 * 1024

    private let secrets: any SecretSource
    private let keySets: any KeySetSource
    private let publicKeys = PublicKeyCache(capacity: 64)
    private let verified: VerifiedTokens?

    /// - Parameter memory: how many verified tokens are remembered; nil for none.
    public init(
        secrets: any SecretSource, keySets: any KeySetSource = NoKeySets(), memory: Int? = nil
    ) {
        self.secrets = secrets
        self.keySets = keySets
        verified = memory.map { VerifiedTokens(capacity: $0) }
    }

    public func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
        guard token.utf8.count <= Self.longestToken else { return .rejected(.malformed) }
        let rules = TokenRules(restriction, now: now)
        // Before anything is read: a change in between then makes what is remembered useless, not wrong.
        let generation = secrets.generation.map { VerifiedTokens.Generation(secrets: $0, keySets: keySets.generation) }
        do throws(TokenRejection) {
            guard let verified, let generation, let name = VerifiedTokens.Name(token) else {
                return .verified(try verify(token, under: restriction, rules).0)
            }
            if let known = verified.token(name, under: restriction, generation) {
                try rules.checkTimes(known.times)
                return .verified(known.token)
            }
            let (result, times) = try verify(token, under: restriction, rules)
            verified.remember(name, VerifiedTokens.Entry(token: result, times: times, restriction, generation))
            return .verified(result)
        } catch {
            return .rejected(error)
        }
    }

    public func renewKeys(for restriction: TokenRestriction) async -> Bool {
        await keySets.renew(restriction.publishedKeySets)
    }

    private func verify(
        _ token: String, under restriction: TokenRestriction, _ rules: TokenRules
    ) throws(TokenRejection) -> (VerifiedToken, TokenTimes) {
        let signatures = SignatureVerification(
            keys: restriction.verificationKeys, issuer: restriction.issuer, secrets: secrets, publicKeys: publicKeys,
            keySets: keySets)
        return switch restriction.kind {
        case .jwt: try JSONWebToken.verify(Array(token.utf8), with: signatures, under: rules)
        case .swt: try SimpleWebToken.verify(Array(token.utf8), with: signatures, under: rules)
        }
    }
}

/// What a token's signature covers, and the signature.
struct SignedText: Equatable {
    var text: [UInt8]
    var signature: [UInt8]

    /// What a replay limit counts: see `VerifiedToken.identity`.
    func identity() throws(TokenRejection) -> [UInt8] {
        do { return try SHA256.digest(text) } catch { throw .malformed }
    }
}
