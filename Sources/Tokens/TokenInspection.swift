public import Policies

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a token says, read **without verification**: `keyway token inspect`. Never a reason to let anyone in.
public struct TokenInspection: Sendable, Hashable {
    /// To be shown with everything else.
    public static let notice = "not verified: anyone can write such a token"

    /// A header parameter or a claim.
    public struct Entry: Sendable, Hashable, CustomStringConvertible {
        public let name: String
        /// The value as compact JSON in printable ASCII.
        public let json: String

        /// `"name":value` in printable ASCII, safe for a terminal.
        public var description: String { "\(JSONValue.string(name)):\(json)" }
    }

    public let kind: TokenKind
    /// Empty for SWT.
    public let header: [Entry]
    public let claims: [Entry]
    /// `exp` or `ExpiresOn`, when it is one.
    public let expires: Date?
    /// In bytes; 0 for an unsigned token.
    public let signatureSize: Int
    /// SHA-256 of what the signature covers: by this a token is revoked (`VerifiedToken.identity`).
    public let identity: [UInt8]

    /// Reads a token of either kind.
    /// - Throws: `TokenRejection.malformed` for what is neither.
    public init(_ token: String) throws(TokenRejection) {
        let bytes = Array(token.utf8)
        guard bytes.count <= StrictTokenVerifier.longestToken else { throw .malformed }
        if bytes.contains(UInt8(ascii: "&")) {
            try self.init(swt: bytes)
        } else {
            try self.init(jwt: bytes)
        }
    }

    private init(jwt bytes: [UInt8]) throws(TokenRejection) {
        let parts = try CompactSerialization(bytes)
        guard case .object(let header) = try? JSONReader.read(parts.header),
            case .object(let claims) = try? JSONReader.read(parts.payload)
        else { throw .malformed }
        kind = .jwt
        self.header = header.map { Entry(name: $0.name, json: $0.value.description) }
        self.claims = claims.map { Entry(name: $0.name, json: $0.value.description) }
        expires = Self.date(claims.first { $0.name == "exp" }?.value.finiteNumber)
        signatureSize = parts.signed.signature.count
        identity = try parts.signed.identity()
    }

    private init(swt bytes: [UInt8]) throws(TokenRejection) {
        let signed = try SimpleWebToken.divide(bytes)
        let claims = try SimpleWebToken.claims(in: signed.text)
        kind = .swt
        header = []
        self.claims = claims.sorted { $0.key < $1.key }.map {
            Entry(name: $0.key, json: JSONValue.string($0.value).description)
        }
        expires = Self.date(claims[SimpleWebToken.expiryName].flatMap(SimpleWebToken.time))
        signatureSize = signed.signature.count
        identity = try signed.identity()
    }

    private static func date(_ seconds: Double?) -> Date? {
        seconds.flatMap { TokenRules.times.contains($0) ? Date(timeIntervalSince1970: $0) : nil }
    }
}
