import Policies

/// JSON Web Tokens (RFC 7519) as signed by JWS (RFC 7515), after the advice of RFC 8725.
enum JSONWebToken {
    /// Form, then algorithm, then signature, and only then claims.
    static func verify(
        _ token: [UInt8], with signatures: SignatureVerification, under rules: TokenRules
    ) throws(TokenRejection) -> VerifiedToken {
        let parts = try CompactSerialization(token)
        let header = try JOSEHeader(parts.header)
        try signatures.check(parts.signed, algorithm: header.algorithm)
        let claims = try JWTClaims(parts.payload)
        let issuer = try rules.checkIssuer(claims.issuer)
        try rules.checkAudience(claims.audiences)
        return VerifiedToken(
            kind: .jwt, issuer: issuer, subject: claims.subject, tokenID: claims.tokenID,
            expires: try rules.checkTime(expires: claims.expires, notBefore: claims.notBefore),
            claims: claims.texts, identity: try parts.signed.identity())
    }
}
