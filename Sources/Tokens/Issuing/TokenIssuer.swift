import Cryptography
public import Policies

/// A security token service for development: `keyway token issue`. Production tokens come from the operator's own.
public enum TokenIssuer {
    /// A signed JWT (RFC 7519) in compact serialisation.
    /// - Throws: `TokenIssueError`.
    public static func jwt(
        _ contents: TokenContents, algorithm: SignatureAlgorithm, key: SigningKey
    ) throws(TokenIssueError) -> String {
        try contents.checkNames(registered: ["iss", "aud", "exp", "nbf", "iat", "sub", "jti"])
        let material: [UInt8]
        switch (key, algorithm.keyKind == .secret) {
        case (.secret(let bytes), true): material = bytes
        case (.privateKey(let pem), false): material = Array(pem.utf8)
        case (.secret, false), (.privateKey, true): throw .keyNotForAlgorithm(algorithm)
        }
        guard !material.isEmpty else { throw .emptySecret }
        let token = try LibJWT.sign(try contents.jwtClaims(), algorithm: algorithm, key: material)
        guard let parts = try? CompactSerialization(Array(token.utf8)) else { throw .libraryFailed }
        // The library also signs with keys that no policy may verify with.
        guard algorithm.allowsSignature(byteCount: parts.signed.signature.count) else {
            throw .keyNotForAlgorithm(algorithm)
        }
        return token
    }

    /// A SWT in the one form that Azure Media Services' tools issue: further claims, `Audience`, `ExpiresOn`, `Issuer`,
    /// then the signature.
    /// - Throws: `TokenIssueError`.
    public static func swt(_ contents: TokenContents, secret: [UInt8]) throws(TokenIssueError) -> String {
        guard !secret.isEmpty else { throw .emptySecret }
        typealias Name = SimpleWebToken
        try contents.checkNames(
            registered: [Name.audienceName, Name.expiryName, Name.issuerName, Name.signatureName])
        var pairs: [FormPair] = []
        for claim in contents.claims { pairs.append(FormPair(name: claim.name, value: try claim.singleText())) }
        pairs.append(FormPair(name: Name.audienceName, value: contents.audience))
        pairs.append(FormPair(name: Name.expiryName, value: String(try TokenContents.seconds(contents.expires))))
        pairs.append(FormPair(name: Name.issuerName, value: contents.issuer))
        let text = pairs.map(\.encoded).joined(separator: "&")
        let code = secret.withUnsafeBytes { try? HMAC.code(of: text.utf8, key: $0) }
        guard let code else { throw .libraryFailed }
        return "\(text)&\(FormPair(name: Name.signatureName, value: Base64.encode(code, .standard)).encoded)"
    }
}

extension SignatureAlgorithm {
    fileprivate func allowsSignature(byteCount: Int) -> Bool {
        switch family {
        case .hmac(let hash): byteCount == hash.digestSize
        case .signature(.rsaPKCS1), .signature(.rsaPSS): (256...1024).contains(byteCount)
        case .signature(.ecdsa(let hash)): byteCount == (hash == .sha512 ? 132 : 2 * hash.digestSize)
        case .signature(.ed25519): byteCount == 64
        }
    }
}

extension TokenClaim {
    /// SWT has text only, and one value per name.
    fileprivate func singleText() throws(TokenIssueError) -> String {
        switch value {
        case .text(let text): return text
        case .integer(let number): return String(number)
        case .boolean(let value): return String(value)
        case .texts: throw .claimNotPossible(name)
        }
    }

    fileprivate var json: JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .integer(let number): .number(String(number))
        case .boolean(let value): .boolean(value)
        case .texts(let texts): .array(texts.map(JSONValue.string))
        }
    }
}

extension JSONValue {
    fileprivate var containsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains(where: \.containsNUL)
        case .object, .number, .boolean, .null: false
        }
    }
}

extension TokenContents {
    fileprivate func jwtClaims() throws(TokenIssueError) -> JSONValue {
        var members = [
            JSONValue.Member(name: "iss", value: .string(issuer)),
            .init(name: "aud", value: .string(audience)),
            .init(name: "exp", value: .number(String(try Self.seconds(expires)))),
        ]
        if let notBefore {
            members.append(.init(name: "nbf", value: .number(String(try Self.seconds(notBefore)))))
        }
        if let issuedAt {
            members.append(.init(name: "iat", value: .number(String(try Self.seconds(issuedAt)))))
        }
        if let subject { members.append(.init(name: "sub", value: .string(subject))) }
        if let tokenID { members.append(.init(name: "jti", value: .string(tokenID))) }
        members += claims.map { .init(name: $0.name, value: $0.json) }
        // The library reads C strings.
        if let member = members.first(where: { $0.name.utf8.contains(0) || $0.value.containsNUL }) {
            throw .claimNotPossible(member.name)
        }
        return .object(members)
    }
}
