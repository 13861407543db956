import Cryptography
public import Policies

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Verifies JWT and SWT. Strict: one spelling of everything that has one, signature before claims, the algorithm chosen
/// by the policy's keys and never by the token.
public struct StrictTokenVerifier: TokenVerifier {
    /// The longest token that is looked at, in bytes.
    public static let longestToken = 16 * 1024

    private let secrets: any SecretSource
    private let publicKeys = PublicKeyCache(capacity: 64)

    public init(secrets: any SecretSource) {
        self.secrets = secrets
    }

    public func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
        guard token.utf8.count <= Self.longestToken else { return .rejected(.malformed) }
        let signatures = SignatureVerification(
            keys: restriction.verificationKeys, secrets: secrets, publicKeys: publicKeys)
        let rules = TokenRules(restriction, now: now)
        do throws(TokenRejection) {
            switch restriction.kind {
            case .jwt: return .verified(try JSONWebToken.verify(Array(token.utf8), with: signatures, under: rules))
            case .swt: return .verified(try SimpleWebToken.verify(Array(token.utf8), with: signatures, under: rules))
            }
        } catch {
            return .rejected(error)
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
