public import ContentKeys
public import Foundation

/// An encryptor outside, as its token names it: a packager or encoder that encrypts with keys of this installation.
public struct Encryptor: Sendable, Hashable {
    @Exact public var name: String
    /// The authorization policy of the keys that it makes, and the only one whose keys it is given.
    @Exact public var authorizationPolicy: String
    /// Whether keys that it asks for, and that there are not, are made.
    public var mayCreate: Bool

    public init(name: String, authorizationPolicy: String, mayCreate: Bool) {
        self.name = name
        self.authorizationPolicy = authorizationPolicy
        self.mayCreate = mayCreate
    }
}

/// What an encryptor asks of one key.
public struct EncryptorRequest: Sendable, Hashable {
    /// How the key would leave.
    public enum Form: Sendable, Hashable {
        /// Encrypted to a public key: the fingerprint names it.
        case wrapped(recipient: String)
        /// As it is; `isProtected` says that the connection itself is encrypted or does not leave the machine.
        case clear(isProtected: Bool)
    }

    public var keyID: KeyID
    /// What it would encrypt with the key.
    public var type: ContentKeyType
    public var encryptor: Encryptor
    public var form: Form

    public init(keyID: KeyID, type: ContentKeyType, encryptor: Encryptor, form: Form) {
        self.keyID = keyID
        self.type = type
        self.encryptor = encryptor
        self.form = form
    }
}

/// The proof that a key may be given to an encryptor. Only `decide` makes one.
public struct EncryptorGrant: Sendable, Hashable {
    public let keyID: KeyID
    public let type: ContentKeyType
    public let encryptor: String
    public let form: EncryptorRequest.Form

    // The initialiser is the synthesised, internal one: that is what makes the type a proof.
}

/// The verdict on one key: a value, never a throw. Whatever is not allowed by name is denied.
public enum EncryptorDecision: Sendable, Hashable {
    /// Why not. Codes are stable.
    public enum Denial: String, Error, Sendable, Hashable, Codable, CaseIterable {
        /// There is none, and the encryptor may not make any.
        case keyUnknown
        /// The key is under another authorization policy, or under none.
        case notCovered
        case keyDisabled
        /// Its time is over. A key whose time is to come is given: media is encrypted before it is published.
        case keyExpired
        case keyNotDeliverable
        /// The key is for another protection scheme: keys are never shared between schemes.
        case schemeMismatch
        /// The origin encrypts with the key in counter mode: another encryptor could use its counter blocks again.
        case usedByOrigin
        /// A key in the clear over a connection that others can read.
        case connectionNotProtected
    }

    case granted(EncryptorGrant)
    /// There is no such key, and the encryptor may have it made: make it and decide again.
    case toBeMade
    case denied(Denial)
}

extension EncryptorGrant {
    /// Decides by what the encryptor's token covers and what the key is. Pure.
    ///
    /// - Parameters:
    ///   - facts: of the key that the catalog has under the request's KID; nil when it has none.
    ///   - policy: the key's authorization policy.
    ///   - isUsedByOrigin: whether assets of this installation are encrypted with it.
    public static func decide(
        _ request: EncryptorRequest, facts: KeyFacts?, policy: String?, isUsedByOrigin: Bool, at now: Date
    ) -> EncryptorDecision {
        guard request.type.isDeliverable else { return .denied(.keyNotDeliverable) }
        if case .clear(let isProtected) = request.form, !isProtected { return .denied(.connectionNotProtected) }
        guard let facts else { return request.encryptor.mayCreate ? .toBeMade : .denied(.keyUnknown) }
        guard facts.keyID == request.keyID, policy.isExactly(request.encryptor.authorizationPolicy) else {
            return .denied(.notCovered)
        }
        guard facts.type.isDeliverable else { return .denied(.keyNotDeliverable) }
        guard facts.isEnabled else { return .denied(.keyDisabled) }
        if let end = facts.notAfter, now >= end { return .denied(.keyExpired) }
        guard facts.type == request.type else { return .denied(.schemeMismatch) }
        guard facts.type != .common || !isUsedByOrigin else { return .denied(.usedByOrigin) }
        return .granted(
            EncryptorGrant(
                keyID: request.keyID, type: facts.type, encryptor: request.encryptor.name, form: request.form))
    }
}
