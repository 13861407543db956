import Policies

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// JSON Web Tokens (RFC 7519) as signed by JWS (RFC 7515), after the advice of RFC 8725.
enum JSONWebToken {
    /// Form, then algorithm, then signature, and only then claims.
    static func verify(
        _ token: [UInt8], with signatures: SignatureVerification, under rules: TokenRules
    ) throws(TokenRejection) -> (VerifiedToken, TokenTimes) {
        let parts = try CompactSerialization(token)
        let header = try JOSEHeader(parts.header)
        let signer = try signatures.check(parts.signed, algorithm: header.algorithm, keyID: header.keyID)
        let claims = try JWTClaims(parts.payload)
        let issuer = try rules.checkIssuer(claims.issuer)
        try rules.checkAudience(claims.audiences)
        let times = try TokenTimes(expires: claims.expires, notBefore: claims.notBefore, issued: claims.issued)
        try rules.checkTimes(times)
        let token = VerifiedToken(
            kind: .jwt, issuer: issuer, subject: claims.subject, tokenID: claims.tokenID,
            expires: Date(timeIntervalSince1970: times.expires), claims: claims.texts,
            identity: try parts.signed.identity(), signer: signer)
        return (token, times)
    }
}
