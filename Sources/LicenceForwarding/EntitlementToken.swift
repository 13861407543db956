import ContentKeys
import Cryptography
import Foundation
import KeyDelivery
import Policies
import Tokens

/// An entitlement as a licence server reads it: a JWT (RFC 7519) signed with HMAC-SHA256 (RFC 7515, RFC 7518, 3.2).
struct EntitlementToken {
    /// In bytes: RFC 7518, 3.2, wants a key of the code's size at least.
    static let shortestSecret = 32

    let entitlement: Entitlement
    let challenge: [UInt8]
    /// The document with the keys that goes beside it; nil for none.
    let keys: [UInt8]?
    /// Scheme, host and port of the licence server.
    let audience: String

    /// The token in compact serialisation.
    func signed(with secret: UnsafeRawBufferPointer) throws -> String {
        let header = JSONValue.object([
            .init(name: "alg", value: .string("HS256")), .init(name: "typ", value: .string("JWT")),
        ])
        let content = Self.part(header) + "." + Self.part(try claims())
        let code = try HMAC.code(of: content.utf8, key: secret)
        return content + "." + Base64.encode(code, .urlUnpadded)
    }

    private static func part(_ value: JSONValue) -> String {
        Base64.encode(Array(value.description.utf8), .urlUnpadded)
    }

    /// The digests of the challenge and of the keys keep the token from being used for others.
    private func claims() throws -> JSONValue {
        let token = entitlement.grants.lazy.compactMap(\.token).first
        var members: [(String, JSONValue)] = [
            ("iss", .string("keyway")), ("aud", .string(audience)), ("iat", Self.seconds(entitlement.issued)),
            ("exp", Self.seconds(entitlement.expires)), ("jti", .string(entitlement.requestID)),
            ("delivery", .string(entitlement.delivery.rawValue)),
            ("kids", .array(entitlement.grants.map { .string($0.keyID.description) })),
            ("grants", .array(entitlement.grants.map(Self.grant))),
            ("client", .string(entitlement.clientAddress.description)),
            ("challenge", .string(Base64.encode(try SHA256.digest(challenge), .urlUnpadded))),
        ]
        if let keys {
            members.append(("keys", .string(Base64.encode(try SHA256.digest(keys), .urlUnpadded))))
        }
        if let subject = token?.subject { members.append(("sub", .string(subject))) }
        return .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }

    private static func grant(_ grant: Grant) -> JSONValue {
        .object([
            .init(name: "kid", value: .string(grant.keyID.description)),
            .init(name: "policy", value: .string(grant.policy)),
            .init(name: "option", value: .string(grant.option)),
        ])
    }

    private static func seconds(_ date: Date) -> JSONValue {
        .number(String(Int(date.timeIntervalSince1970.rounded(.down))))
    }
}
