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
///
/// A value, whose parts lie in one place: a request hands it on from check to check.
public struct VerifiedToken: Sendable, Hashable {
    private struct Contents: Sendable, Hashable {
        var kind: TokenKind
        @Exact var issuer: String
        @Exact var subject: String?
        @Exact var tokenID: String?
        var expires: Date
        @Exact var claims: [String: [String]]
        var identity: [UInt8]
        var signer: TokenSigner
    }

    private final class Storage: Sendable {
        let contents: Contents

        init(_ contents: Contents) {
            self.contents = contents
        }
    }

    private var storage: Storage

    public init(
        kind: TokenKind, issuer: String, subject: String?, tokenID: String?, expires: Date,
        claims: [String: [String]], identity: [UInt8], signer: TokenSigner = TokenSigner()
    ) {
        storage = Storage(
            Contents(
                kind: kind, issuer: issuer, subject: subject, tokenID: tokenID, expires: expires, claims: claims,
                identity: identity, signer: signer))
    }

    private mutating func change<Value>(_ member: WritableKeyPath<Contents, Value>, to value: Value) {
        var contents = storage.contents
        contents[keyPath: member] = value
        storage = Storage(contents)
    }

    public var kind: TokenKind { storage.contents.kind }
    public var issuer: String { storage.contents.issuer }
    public var expires: Date { storage.contents.expires }

    /// `sub`, when present.
    public var subject: String? {
        get { storage.contents.subject }
        set { change(\.subject, to: newValue) }
    }

    /// `jti`, when present.
    public var tokenID: String? {
        get { storage.contents.tokenID }
        set { change(\.tokenID, to: newValue) }
    }

    /// The text of every string, number or boolean claim; an array gives its elements. A claim without text (an object,
    /// null) is there with no element, so that a rule about it fails instead of not being seen.
    public var claims: [String: [String]] {
        get { storage.contents.claims }
        set { change(\.claims, to: newValue) }
    }

    /// SHA-256 of what the token's signature covers: what a replay limit counts. Not of the signature, because an ECDSA
    /// signature (r, s) has a twin (r, n − s) that anyone can make, and a SWT signature has several spellings.
    public var identity: [UInt8] {
        get { storage.contents.identity }
        set { change(\.identity, to: newValue) }
    }

    /// What verified the signature.
    public var signer: TokenSigner {
        get { storage.contents.signer }
        set { change(\.signer, to: newValue) }
    }

    public static func == (left: VerifiedToken, right: VerifiedToken) -> Bool {
        left.storage === right.storage || left.storage.contents == right.storage.contents
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(storage.contents)
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
