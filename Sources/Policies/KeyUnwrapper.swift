public import ContentKeys

/// Why a key is unwrapped. Each case carries the proof that it may be.
public enum UnwrapPurpose: Sendable {
    /// To be sent to a player: only the evaluator makes a `Grant`, and it names the key.
    case disclosure(Grant)
    /// To encrypt media on its way out: only the delivery policy's evaluation makes a `DeliveryPlan`.
    case encryption(DeliveryPlan)
    /// To be handed to an operator: only `ExportGrant.decide` makes an `ExportGrant`, and it names the key.
    case export(ExportGrant)
    /// To be handed to an encryptor: only `EncryptorGrant.decide` makes an `EncryptorGrant`, and it names the key.
    case exchange(EncryptorGrant)
    /// To be handed to an origin that holds no KEK: only `OriginGrant.decide` makes an `OriginGrant`, and it names the key.
    case origin(OriginGrant)
    /// To read or write a stored file: for keys of type `storage` only.
    case storage
}

/// Why a key was not unwrapped. Carries no key material.
public enum KeyUnwrapError: Error, Sendable, Hashable {
    /// The purpose does not cover this key.
    case purposeMismatch
    /// The KEK that the key is wrapped under is not at hand.
    case kekUnavailable(KEKVersion)
    /// The ciphertext, KID or type was changed, or the KEK is not the one that wrapped it.
    case authenticationFailed
    /// The key service, which holds the KEKs, does not answer: ask again after so many seconds.
    case serviceAway(retryAfter: Int)
    /// The key service does not give the key out; the reason is a code.
    case refused(reason: String)
}

/// Unwraps content keys: locally, or by asking the key service.
public protocol KeyUnwrapper: Sendable {
    /// - Throws: `KeyUnwrapError`.
    func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey

    /// The same without waiting; nil when the implementation has to wait for something.
    /// - Throws: `KeyUnwrapError`.
    func unwrapNow(_ key: WrappedContentKey, for purpose: UnwrapPurpose) throws -> ContentKey?

    /// Whether the key-encryption key is held that opens a key, or one that is asked for will tell.
    func hasKEK(of key: WrappedContentKey) -> Bool

    /// The same, after it was looked for.
    func findsKEK(of key: WrappedContentKey) async -> Bool
}

extension KeyUnwrapper {
    public func hasKEK(of key: WrappedContentKey) -> Bool { true }

    public func findsKEK(of key: WrappedContentKey) async -> Bool { true }

    public func unwrapNow(_ key: WrappedContentKey, for purpose: UnwrapPurpose) throws -> ContentKey? {
        nil
    }
}

extension UnwrapPurpose {
    /// Whether the purpose covers a key. Every `KeyUnwrapper` asks this first.
    public func covers(_ key: WrappedContentKey) -> Bool {
        switch self {
        case .disclosure(let grant): key.type.isDeliverable && grant.keyID == key.keyID
        case .encryption(let plan): plan.encryption.keyType == key.type
        case .export(let grant): key.type.isDeliverable && grant.keyID == key.keyID
        case .exchange(let grant):
            key.type.isDeliverable && grant.keyID == key.keyID && grant.type == key.type
        case .origin(let grant): grant.keyID == key.keyID && grant.type == key.type
        case .storage: key.type == .storage
        }
    }
}
