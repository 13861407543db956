public import Policies

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a token is to say.
public struct TokenContents: Sendable, Hashable {
    public var issuer: String
    public var audience: String
    /// Written in whole seconds, rounded down.
    public var expires: Date
    public var notBefore: Date?
    public var issuedAt: Date?
    public var subject: String?
    public var tokenID: String?
    /// Further claims, in order.
    public var claims: [TokenClaim]

    public init(issuer: String, audience: String, expires: Date, claims: [TokenClaim] = []) {
        self.issuer = issuer
        self.audience = audience
        self.expires = expires
        self.claims = claims
    }
}

/// A claim beside the registered ones.
public struct TokenClaim: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case text(String)
        case integer(Int)
        case boolean(Bool)
        /// In JWT only.
        case texts([String])
    }

    public var name: String
    public var value: Value

    public init(name: String, value: Value) {
        self.name = name
        self.value = value
    }
}

/// What signs a token. Prints redacted.
public enum SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// For HS256, HS384, HS512 and SWT.
    case secret([UInt8])
    /// For RS… (RSA) and ES… (EC on the algorithm's curve): PEM, without a passphrase.
    case privateKey(pem: String)

    public var description: String { "SigningKey(redacted)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a token was not issued. Carries no key material.
public enum TokenIssueError: Error, Sendable, Hashable, CustomStringConvertible {
    case emptySecret
    /// The key is not one for the algorithm: kind, curve, or an RSA modulus below 2048 bits.
    case keyNotForAlgorithm(SignatureAlgorithm)
    /// Keyway verifies such tokens and does not issue them.
    case algorithmNotIssued(SignatureAlgorithm)
    /// The claim stands twice, has the name of a registered claim, or has a value that the kind of token cannot carry.
    case claimNotPossible(String)
    /// Before 1970 or beyond what a token can carry.
    case timeOutOfRange
    /// The library refused without a reason.
    case libraryFailed

    public var description: String {
        switch self {
        case .emptySecret: "the secret is empty"
        case .keyNotForAlgorithm(let algorithm): "the key is not one for \(algorithm.rawValue)"
        case .algorithmNotIssued(let algorithm):
            "\(algorithm.rawValue) is verified but not issued here: sign with HS256 to HS512, RS256 to RS512 or ES256 to ES512"
        case .claimNotPossible(let name): "the claim '\(name)' cannot be issued"
        case .timeOutOfRange: "a time is out of range"
        case .libraryFailed: "the token library failed"
        }
    }
}

extension TokenContents {
    /// The names of the further claims must differ from each other and from those in `registered`.
    func checkNames(registered: Set<String>) throws(TokenIssueError) {
        var names = registered
        for claim in claims where claim.name.isEmpty || !names.insert(claim.name).inserted {
            throw .claimNotPossible(claim.name)
        }
    }

    /// Whole seconds since 1970.
    static func seconds(_ date: Date) throws(TokenIssueError) -> Int {
        let seconds = date.timeIntervalSince1970.rounded(.down)
        guard TokenRules.times.contains(seconds) else { throw .timeOutOfRange }
        return Int(seconds)
    }
}
