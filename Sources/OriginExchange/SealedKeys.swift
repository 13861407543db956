public import ContentKeys
import Crypto
public import Foundation
import Glibc

/// Keys on their way to one request of one origin: HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and
/// ChaCha20-Poly1305, so that no buffer of HTTP or TLS on the way has them in the clear. Who may ask is TLS's matter.
enum SealedKeys {
    static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
    static let info = Data("keyway origin keys 1".utf8)

    /// In bytes: of X25519's public keys, and of what authenticates a sealed key.
    static let publicKeyLength = 32
    static let tagLength = 16

    /// What a sealed key is bound to.
    static func binding(_ keyID: KeyID, _ type: ContentKeyType) -> Data {
        Data(keyID.bytes + Array(type.rawValue.utf8))
    }
}

/// Encrypts the keys of one answer.
public struct KeySealer {
    private var sender: HPKE.Sender

    /// - Parameter recipient: the request's public key.
    /// - Throws: for what is no such key.
    public init(recipient: Data) throws {
        sender = try HPKE.Sender(
            recipientKey: try Curve25519.KeyAgreement.PublicKey(rawRepresentation: recipient),
            ciphersuite: SealedKeys.suite, info: SealedKeys.info)
    }

    public var encapsulated: Data { sender.encapsulatedKey }

    /// The next key of the answer.
    public mutating func seal(_ key: ContentKey, _ keyID: KeyID) throws -> Data {
        try key.withUnsafeBytes { bytes in
            var copy = Data(bytes)
            defer { copy.zero() }
            return try sender.seal(copy, authenticating: SealedKeys.binding(keyID, key.type))
        }
    }
}

/// The private key of one request, and what opens its answer.
public struct KeyOpener: Sendable {
    private let privateKey = Curve25519.KeyAgreement.PrivateKey()

    public init() {}

    /// For the request.
    public var recipient: Data { privateKey.publicKey.rawRepresentation }

    /// Opens the keys of an answer.
    ///
    /// - Parameter sealed: in the answer's order.
    /// - Throws: when one was changed, is of another type or for another request: none is opened then.
    public func open(
        _ sealed: [(bytes: Data, keyID: KeyID, type: ContentKeyType)], encapsulated: Data
    ) throws -> [ContentKey] {
        guard encapsulated.count == SealedKeys.publicKeyLength else { throw KeyOpeningError() }
        var recipient = try HPKE.Recipient(
            privateKey: privateKey, ciphersuite: SealedKeys.suite, info: SealedKeys.info,
            encapsulatedKey: encapsulated)
        return try sealed.map { item in
            // No other length can hold a key of this type.
            guard item.bytes.count == item.type.keyLength + SealedKeys.tagLength else { throw KeyOpeningError() }
            var bytes = try recipient.open(
                item.bytes, authenticating: SealedKeys.binding(item.keyID, item.type))
            defer { bytes.zero() }
            guard let key = bytes.withUnsafeBytes({ ContentKey(item.type, copying: $0) }) else {
                throw KeyOpeningError()
            }
            return key
        }
    }
}

/// A sealed key that has not the length of its type.
public struct KeyOpeningError: Error, Sendable {}

extension Data {
    fileprivate mutating func zero() {
        withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        }
    }
}
