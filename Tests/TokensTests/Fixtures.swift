import Cryptography
import Foundation
import Policies
import Testing

@testable import Tokens

let now = Date(timeIntervalSince1970: 1_700_000_000)
let issuer = "https://sts.example.com/"
let audience = "urn:example:films"

/// Secrets of a test, by name.
struct TableOfSecrets: SecretSource {
    var secrets: [String: [UInt8]] = [
        "main": Array("the secret of the tests, 32 byte".utf8), "other": Array("another".utf8), "empty": [],
        "vector": Array(0..<64),
    ]

    func withSecret<Result, Failure: Error>(
        named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let secret = secrets[name] else { return nil }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: secret.count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: secret)
        return try body(UnsafeRawBufferPointer(buffer))
    }

    static let main = TableOfSecrets().secrets["main"] ?? []
}

func hmacKey(_ name: String = "main") -> VerificationKey {
    VerificationKey(source: .secret(name), algorithms: [.hs256])
}

func pemKey(_ pem: String, _ algorithms: Set<SignatureAlgorithm>) -> VerificationKey {
    VerificationKey(source: .pem(pem), algorithms: algorithms)
}

func restriction(_ kind: TokenKind = .jwt, keys: [VerificationKey] = [hmacKey()]) -> TokenRestriction {
    TokenRestriction(kind: kind, issuer: issuer, audience: audience, verificationKeys: keys)
}

func verdict(
    _ token: String, _ rule: TokenRestriction = restriction(), at time: Date = now
) -> TokenVerdict {
    StrictTokenVerifier(secrets: TableOfSecrets()).verify(token, under: rule, at: time)
}

extension TokenVerdict {
    var token: VerifiedToken? {
        if case .verified(let token) = self { token } else { nil }
    }

    var rejection: TokenRejection? {
        if case .rejected(let rejection) = self { rejection } else { nil }
    }
}

/// base64url by Foundation, so that the tests do not lean on the code under test.
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

func hmac(_ text: String, key: [UInt8] = TableOfSecrets.main) -> [UInt8] {
    key.withUnsafeBytes { try? HMAC.code(of: text.utf8, key: $0) } ?? []
}

/// A JWT of any header and payload, properly signed by HS256.
func signed(header: String, payload: [UInt8], key: [UInt8] = TableOfSecrets.main) -> String {
    let text = "\(base64URL(header.utf8)).\(base64URL(payload))"
    return "\(text).\(base64URL(hmac(text, key: key)))"
}

let goodHeader = #"{"alg":"HS256","typ":"JWT"}"#

/// A good claims set, with members replaced, added or (nil) left out.
func payload(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
    var members: [(String, String)] = [("iss", #""\#(issuer)""#), ("aud", #""\#(audience)""#), ("exp", "1700000600")]
    for (name, value) in changes {
        members.removeAll { $0.0 == name }
        if let value { members.append((name, value)) }
    }
    return "{" + members.map { #""\#($0.0)":\#($0.1)"# }.joined(separator: ",") + "}"
}

func token(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
    signed(header: goodHeader, payload: Array(payload(changes).utf8))
}

func token(header: String) -> String {
    signed(header: header, payload: Array(payload().utf8))
}

func token(payload: String) -> String {
    signed(header: goodHeader, payload: Array(payload.utf8))
}

/// A token and what must become of it; nil: verified.
struct TokenCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var token: String
    var expected: TokenRejection?

    init(_ name: String, _ token: String, _ expected: TokenRejection?) {
        testDescription = name
        self.token = token
        self.expected = expected
    }
}

/// A small generator with a seed: the same seed gives the same run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
