public import Foundation

/// Verifies tokens. Pure as seen from here: same token, restriction and time give the same verdict.
public protocol TokenVerifier: Sendable {
    /// Checks form, signature (with the algorithm pinned to the key), issuer, audience and time. Required claims are
    /// left to the evaluator.
    func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict
}

/// What became of a token.
public enum TokenVerdict: Sendable, Hashable {
    case verified(VerifiedToken)
    case rejected(TokenRejection)
}

/// A token whose signature, issuer, audience and time were checked.
public struct VerifiedToken: Sendable, Hashable {
    public var kind: TokenKind
    public var issuer: String
    /// `sub`, when present.
    public var subject: String?
    /// `jti`, when present.
    public var tokenID: String?
    public var expires: Date
    /// The text of every string, number or boolean claim; an array gives its elements. A claim without text (an object,
    /// null) is there with no element, so that a rule about it fails instead of not being seen.
    public var claims: [String: [String]]
    /// SHA-256 of what the token's signature covers: what a replay limit counts. Not of the signature, because an ECDSA
    /// signature (r, s) has a twin (r, n − s) that anyone can make, and a SWT signature has several spellings.
    public var identity: [UInt8]

    public init(
        kind: TokenKind, issuer: String, subject: String?, tokenID: String?, expires: Date,
        claims: [String: [String]], identity: [UInt8]
    ) {
        self.kind = kind
        self.issuer = issuer
        self.subject = subject
        self.tokenID = tokenID
        self.expires = expires
        self.claims = claims
        self.identity = identity
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
    /// A verification key of the policy cannot be used (a named secret is missing, a PEM is unreadable).
    case verificationKeyUnavailable
}
