import Policies

/// The claims set of a JWT (RFC 7519, 4): an object, with the registered claims in their types.
struct JWTClaims {
    let issuer: String?
    let subject: String?
    let tokenID: String?
    /// `aud`, one or many (4.1.3); empty when it is neither a string nor an array of strings.
    let audiences: [String]
    /// `exp` in seconds since 1970 (4.1.4); nil when it is missing, not a number, or out of range.
    let expires: Double?
    /// `nbf` in seconds since 1970 (4.1.5).
    let notBefore: Double?
    /// `iat` in seconds since 1970 (4.1.6).
    let issued: Double?
    /// Every claim as the policy's rules see it: see `VerifiedToken.claims`.
    let texts: [String: [String]]

    init(_ bytes: [UInt8]) throws(TokenRejection) {
        guard let members = try? JSONReader.read(bytes).members else { throw .malformed }
        issuer = members["iss"]?.string
        subject = try Self.optionalString(members["sub"])
        tokenID = try Self.optionalString(members["jti"])
        audiences = Self.audiences(members["aud"])
        expires = Self.time(members["exp"])
        notBefore = try Self.optionalTime(members["nbf"])
        issued = try Self.optionalTime(members["iat"])
        texts = members.mapValues(Self.texts)
    }

    /// `sub` and `jti` are strings (4.1.2, 4.1.7). Of another type they could not be taken back, nor counted.
    private static func optionalString(_ value: JSONValue?) throws(TokenRejection) -> String? {
        guard let value else { return nil }
        guard let text = value.string else { throw .malformed }
        return text
    }

    private static func audiences(_ value: JSONValue?) -> [String] {
        guard case .array(let elements) = value else { return value?.string.map { [$0] } ?? [] }
        let names = elements.compactMap(\.string)
        return names.count == elements.count ? names : []
    }

    /// A NumericDate (RFC 7519, 2): a number within the range of times.
    private static func time(_ value: JSONValue?) -> Double? {
        value?.finiteNumber.flatMap { TokenRules.times.contains($0) ? $0 : nil }
    }

    private static func optionalTime(_ value: JSONValue?) throws(TokenRejection) -> Double? {
        guard let value else { return nil }
        guard let time = time(value) else { throw .malformed }
        return time
    }

    private static func texts(_ value: JSONValue) -> [String] {
        guard case .array(let elements) = value else { return value.scalarText.map { [$0] } ?? [] }
        return elements.compactMap(\.scalarText)
    }
}
