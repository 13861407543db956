public import Foundation

/// Verifies tokens. Pure as seen from here: same token, restriction and time give the same verdict.
public protocol TokenVerifier: Sendable {
    /// Checks form, signature (with the algorithm pinned to the key), issuer, audience and time. Required claims are
    /// left to the evaluator.
    func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict

    /// Reads the keys that the restriction's issuers publish, unless they were read just now. Worth trying once after a
    /// rejection that `mayBeStale`; bounded in time and in how often it does anything.
    ///
    /// - Returns: whether the keys may be others than a moment ago: whether judging again can say anything else.
    func renewKeys(for restriction: TokenRestriction) async -> Bool
}

extension TokenVerifier {
    public func renewKeys(for restriction: TokenRestriction) async -> Bool { false }
}

/// What became of a token.
public enum TokenVerdict: Sendable, Hashable {
    case verified(VerifiedToken)
    case rejected(TokenRejection)
}

/// A token whose signature, issuer, audience and time were checked.
public struct VerifiedToken: Sendable, Hashable {
    public var kind: TokenKind
    @Exact public var issuer: String
    /// `sub`, when present.
    @Exact public var subject: String?
    /// `jti`, when present.
    @Exact public var tokenID: String?
    public var expires: Date
    /// The text of every string, number or boolean claim; an array gives its elements. A claim without text (an object,
    /// null) is there with no element, so that a rule about it fails instead of not being seen.
    @Exact public var claims: [String: [String]]
    /// SHA-256 of what the token's signature covers: what a replay limit counts. Not of the signature, because an ECDSA
    /// signature (r, s) has a twin (r, n − s) that anyone can make, and a SWT signature has several spellings.
    public var identity: [UInt8]
    /// What verified the signature.
    public var signer: TokenSigner

    public init(
        kind: TokenKind, issuer: String, subject: String?, tokenID: String?, expires: Date,
        claims: [String: [String]], identity: [UInt8], signer: TokenSigner = TokenSigner()
    ) {
        self.kind = kind
        self.issuer = issuer
        self.subject = subject
        self.tokenID = tokenID
        self.expires = expires
        self.claims = claims
        self.identity = identity
        self.signer = signer
    }
}

/// The key that verified a token, by the names that it is known under. Never taken from the token: whoever stole a key
/// would leave its name out.
public struct TokenSigner: Sendable, Hashable {
    /// The `kid` under which the issuer publishes it.
    @Exact public var keyID: String?
    /// SHA-256 of a public key's SubjectPublicKeyInfo.
    public var fingerprint: [UInt8]?
    /// The named secret.
    @Exact public var secret: String?

    /// The same key under all the names by which two restrictions know it.
    func joined(with other: TokenSigner) -> TokenSigner {
        TokenSigner(
            keyID: keyID ?? other.keyID, fingerprint: fingerprint ?? other.fingerprint, secret: secret ?? other.secret)
    }

    public init(keyID: String? = nil, fingerprint: [UInt8]? = nil, secret: String? = nil) {
        self.keyID = keyID
        self.fingerprint = fingerprint
        self.secret = secret
    }
}

/// Why a token was refused. The raw value goes to the audit log, never to the client.
public enum TokenRejection: String, Error, Sendable, Hashable, Codable, CaseIterable {
    /// Not a token of the kind: parts, encoding, JSON, duplicate members, depth, size.
    case malformed
    /// `alg` is missing, `none`, or not one that a key of the policy allows.
    case algorithmNotAllowed
    /// The header carries `jwk`, `jku`, `x5u`, `x5c`, `crit` or another parameter that would choose a key.
    case headerParameterNotAllowed
    /// No key of the policy verifies the signature.
    case signatureInvalid
    case issuerMismatch
    case audienceMismatch
    /// `exp` is missing or not a number within range.
    case expiryMissing
    case expired
    case notYetValid
    /// The token lives longer than the policy allows.
    case livesTooLong
    /// A verification key of the policy cannot be used (a named secret is missing, a PEM is unreadable).
    case verificationKeyUnavailable
    /// The keys that the issuer publishes are not at hand.
    case keySetUnavailable
    /// The token names a key that is not among those that the issuer publishes, or names none, and none of them fits.
    case keyNotPublished

    /// Whether the issuer's published keys, read anew, may lead to another verdict.
    public var mayBeStale: Bool { self == .keySetUnavailable || self == .keyNotPublished }
}
