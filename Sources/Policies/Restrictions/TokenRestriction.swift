/// The kinds of token that a policy can ask for.
public enum TokenKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// JSON Web Token, compact serialisation (RFC 7519, RFC 7515).
    case jwt
    /// Simple Web Token (version 0.9.5.1, 2009).
    case swt
}

/// A key that verifies tokens, and the only algorithms that it may verify.
public struct VerificationKey: Sendable, Hashable, Codable {
    /// Where the key is.
    public enum Source: Sendable, Hashable, Codable {
        /// A public key in PEM (SubjectPublicKeyInfo), held in the policy.
        case pem(String)
        /// The name of a secret that is held wrapped under the KEK.
        case secret(String)
        /// Whichever keys the issuer publishes.
        case published(KeySetLocation)
    }

    public var source: Source
    /// Of published keys, empty stands for what each key says of itself: its `alg`, or else the usual algorithm of its
    /// kind.
    public var algorithms: Set<SignatureAlgorithm>

    public init(source: Source, algorithms: Set<SignatureAlgorithm>) {
        self.source = source
        self.algorithms = algorithms
    }

    private enum CodingKeys: String, CodingKey {
        case source, algorithms
    }

    /// Written in a fixed order, so that equal policies have equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(source, forKey: .source)
        try container.encode(algorithms.sorted { $0.rawValue < $1.rawValue }, forKey: .algorithms)
    }
}

/// A claim that a token must carry.
public struct RequiredClaim: Sendable, Hashable, Codable {
    /// What the claim's value must be.
    public enum Expectation: Sendable, Hashable, Codable {
        /// Exactly this text; of an array, one element.
        case equals(String)
        /// Exactly one of these texts; of an array, one element.
        case oneOf([String])
        /// Any value.
        case present
        /// The KID that is asked for, in any spelling of the UUID.
        case requestedKeyID
    }

    @Exact public var name: String
    public var expectation: Expectation

    public init(name: String, expectation: Expectation) {
        self.name = name
        self.expectation = expectation
    }

    /// Azure Media Services' name of the claim that names the requested key.
    public static let azureKeyIdentifier = "urn:microsoft:azure:mediaservices:contentkeyidentifier"
    /// Azure Media Services' name of the claim that limits how often the token may be used.
    public static let azureMaximumUses = "urn:microsoft:azure:mediaservices:maxuses"
}

extension VerificationKey.Source {
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.pem(let left), .pem(let right)), (.secret(let left), .secret(let right)): left.isExactly(right)
        case (.published(let left), .published(let right)): left == right
        case (.pem, _), (.secret, _), (.published, _): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .pem(let text), .secret(let text): text.hashExactly(into: &hasher)
        case .published(let location): location.hash(into: &hasher)
        }
    }
}

extension RequiredClaim.Expectation {
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.equals(let left), .equals(let right)): left.isExactly(right)
        case (.oneOf(let left), .oneOf(let right)): left.isExactly(right)
        case (.present, .present), (.requestedKeyID, .requestedKeyID): true
        case (.equals, _), (.oneOf, _), (.present, _), (.requestedKeyID, _): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .equals(let text): text.hashExactly(into: &hasher)
        case .oneOf(let texts): texts.hashExactly(into: &hasher)
        case .present: hasher.combine(0)
        case .requestedKeyID: hasher.combine(1)
        }
    }
}

/// The request must carry a token of this issuer, for this audience, signed by one of these keys, in its time, with
/// these claims.
///
/// A value, whose parts lie in one place: every key request hands it on from check to check.
public struct TokenRestriction: Sendable, Hashable, Codable {
    private struct Terms: Sendable, Hashable, Codable {
        var kind: TokenKind
        @Exact var issuer: String
        @Exact var audience: String
        var verificationKeys: [VerificationKey]
        var requiredClaims: [RequiredClaim]
        var maximumUses: Int?
        var maximumLifetime: Int?
        var clockSkew: Int
    }

    private final class Storage: Sendable {
        let terms: Terms

        init(_ terms: Terms) {
            self.terms = terms
        }
    }

    private var storage: Storage

    public init(
        kind: TokenKind, issuer: String, audience: String, verificationKeys: [VerificationKey],
        requiredClaims: [RequiredClaim] = [], maximumUses: Int? = nil, maximumLifetime: Int? = nil, clockSkew: Int = 60
    ) {
        storage = Storage(
            Terms(
                kind: kind, issuer: issuer, audience: audience, verificationKeys: verificationKeys,
                requiredClaims: requiredClaims, maximumUses: maximumUses, maximumLifetime: maximumLifetime,
                clockSkew: clockSkew))
    }

    private mutating func change<Value>(_ member: WritableKeyPath<Terms, Value>, to value: Value) {
        var terms = storage.terms
        terms[keyPath: member] = value
        storage = Storage(terms)
    }

    public var kind: TokenKind {
        get { storage.terms.kind }
        set { change(\.kind, to: newValue) }
    }

    /// Compared byte for byte.
    public var issuer: String {
        get { storage.terms.issuer }
        set { change(\.issuer, to: newValue) }
    }

    /// Compared byte for byte; of an array in the token, one element must be equal.
    public var audience: String {
        get { storage.terms.audience }
        set { change(\.audience, to: newValue) }
    }

    /// The first is the primary, the others alternates.
    public var verificationKeys: [VerificationKey] {
        get { storage.terms.verificationKeys }
        set { change(\.verificationKeys, to: newValue) }
    }

    public var requiredClaims: [RequiredClaim] {
        get { storage.terms.requiredClaims }
        set { change(\.requiredClaims, to: newValue) }
    }

    /// How often one token may be used; nil for any number.
    public var maximumUses: Int? {
        get { storage.terms.maximumUses }
        set { change(\.maximumUses, to: newValue) }
    }

    /// In seconds: how long a token may live; nil for any time. It expires no later than this after now, and after its
    /// issue where it says when that was.
    public var maximumLifetime: Int? {
        get { storage.terms.maximumLifetime }
        set { change(\.maximumLifetime, to: newValue) }
    }

    /// In seconds, added on both sides of a token's time.
    public var clockSkew: Int {
        get { storage.terms.clockSkew }
        set { change(\.clockSkew, to: newValue) }
    }

    public static func == (left: TokenRestriction, right: TokenRestriction) -> Bool {
        left.storage === right.storage || left.storage.terms == right.storage.terms
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(storage.terms)
    }

    public init(from decoder: any Decoder) throws {
        storage = Storage(try Terms(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try storage.terms.encode(to: encoder)
    }
}
