import ContentKeys
public import Foundation
public import Policies

/// What an origin asks the key service: `POST /origin/keys`.
public struct OriginKeysRequest: Codable, Sendable {
    /// Most keys of one request.
    public static let mostKeys = 64
    /// Longest request, in bytes.
    public static let maximumSize = 64 << 10

    public struct Key: Codable, Sendable {
        public var kid: String
        /// Both nil for the key of stored files.
        public var encryption: String?
        public var `protocol`: String?
        /// Whether the origin has the key, and asks only whether it may go on with it.
        public var held: Bool
    }

    /// The X25519 public key that what is released is encrypted to; made for this request alone.
    public var recipient: Data
    public var keys: [Key]

    public init(recipient: Data, keys: [Key]) {
        self.recipient = recipient
        self.keys = keys
    }
}

extension OriginKeysRequest.Key {
    public init(_ request: OriginKeyRequest, held: Bool) {
        kid = request.keyID.description
        if case .encryption(let encryption, let streamingProtocol) = request.use {
            self.encryption = encryption.rawValue
            self.protocol = streamingProtocol.rawValue
        }
        self.held = held
    }

    /// Nil for what names no key or no use.
    public var request: OriginKeyRequest? {
        guard let keyID = KeyID(kid) else { return nil }
        switch (encryption, self.protocol) {
        case (nil, nil): return OriginKeyRequest(keyID: keyID, use: .storage)
        case (let encryption?, let streamingProtocol?):
            guard let encryption = DeliveryEncryption(rawValue: encryption),
                let streamingProtocol = StreamingProtocol(rawValue: streamingProtocol)
            else { return nil }
            return OriginKeyRequest(keyID: keyID, use: .encryption(encryption, streamingProtocol))
        default: return nil
        }
    }
}

/// The answer: an entry for each key of the request, in its order.
public struct OriginKeysAnswer: Codable, Sendable {
    /// Longest answer, in bytes.
    public static let maximumSize = 64 << 10

    public enum Outcome: String, Codable, Sendable {
        case released
        case confirmed
        case denied
    }

    public struct Key: Codable, Sendable {
        public var outcome: Outcome
        /// Of a key that was released: in the order of the entries, each by the next number of the sequence.
        public var sealed: Data?
        /// Of a key that was denied: a code.
        public var reason: String?

        public init(_ outcome: Outcome, sealed: Data? = nil, reason: String? = nil) {
            self.outcome = outcome
            self.sealed = sealed
            self.reason = reason
        }
    }

    /// What the request's public key makes the shared secret with (RFC 9180, 5.1).
    public var encapsulated: Data
    public var keys: [Key]

    public init(encapsulated: Data, keys: [Key]) {
        self.encapsulated = encapsulated
        self.keys = keys
    }
}
