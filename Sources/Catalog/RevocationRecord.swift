import Crypto
public import Foundation
public import Policies

/// Something that was taken back, and until when.
public struct RevocationRecord: Sendable, Hashable {
    /// What kind of thing it is, in catalogs and in the administration.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case token
        case tokenID = "token-id"
        case subject
        case key
        case keyID = "key-id"
    }

    public var thing: RevokedThing
    /// For operators.
    public var reason: String?
    public var created: Date
    /// From when on it may be forgotten, as when the token expired anyway; nil for never.
    public var expires: Date?

    public init(_ thing: RevokedThing, reason: String? = nil, created: Date, expires: Date? = nil) {
        self.thing = thing
        self.reason = reason
        self.created = created
        self.expires = expires
    }

    /// The same for the same thing: 32 hexadecimal digits.
    public var id: String { thing.id }
}

extension RevokedThing {
    public var kind: RevocationRecord.Kind {
        switch self {
        case .token: .token
        case .tokenID: .tokenID
        case .subject: .subject
        case .key: .key
        case .keyID: .keyID
        }
    }

    public var issuer: String? {
        switch self {
        case .token, .key: nil
        case .tokenID(_, let issuer), .subject(_, let issuer), .keyID(_, let issuer): issuer
        }
    }

    /// The name, or the hash in hexadecimal digits.
    public var value: String {
        switch self {
        case .token(let bytes), .key(let bytes): bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case .tokenID(let name, _), .subject(let name, _), .keyID(let name, _): name
        }
    }

    /// Nil for a hash that is not 64 hexadecimal digits, and for an empty name.
    public init?(_ kind: RevocationRecord.Kind, value: String, issuer: String?) {
        switch kind {
        case .token, .key:
            guard let bytes = Self.hash(value) else { return nil }
            self = kind == .token ? .token(identity: bytes) : .key(fingerprint: bytes)
        case .tokenID where !value.isEmpty: self = .tokenID(value, issuer: issuer)
        case .subject where !value.isEmpty: self = .subject(value, issuer: issuer)
        case .keyID where !value.isEmpty: self = .keyID(value, issuer: issuer)
        case .tokenID, .subject, .keyID: return nil
        }
    }

    private static func hash(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for position in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[position...position + 1], as: UTF8.self)
            guard pair.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }), let byte = UInt8(pair, radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// Names it in the catalog: a hash, so that it has one length whatever the names. Each part is preceded by its length.
    public var id: String {
        let parts = [kind.rawValue, issuer ?? "", issuer == nil ? "any" : "one", value]
        let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
        return SHA256.hash(data: Data(text.utf8)).prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
    }
}
