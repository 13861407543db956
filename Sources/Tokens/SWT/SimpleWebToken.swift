import Cryptography
import Policies

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Simple Web Tokens (version 0.9.5.1 of 2009): form-encoded claims, the last of which is an HMAC-SHA-256 over
/// everything before it, exactly as transmitted.
enum SimpleWebToken {
    static let issuerName = "Issuer"
    static let audienceName = "Audience"
    static let expiryName = "ExpiresOn"
    static let signatureName = "HMACSHA256"

    static func verify(
        _ token: [UInt8], with signatures: SignatureVerification, under rules: TokenRules
    ) throws(TokenRejection) -> (VerifiedToken, TokenTimes) {
        let signed = try divide(token)
        let signer = try signatures.check(signed, algorithm: .hs256)
        let claims = try claims(in: signed.text)
        let issuer = try rules.checkIssuer(claims[issuerName])
        try rules.checkAudience(claims[audienceName].map { [$0] } ?? [])
        let times = try TokenTimes(expires: claims[expiryName].flatMap(time))
        try rules.checkTimes(times)
        let token = VerifiedToken(
            kind: .swt, issuer: issuer, subject: nil, tokenID: nil,
            expires: Date(timeIntervalSince1970: times.expires), claims: claims.mapValues { [$0] },
            identity: try signed.identity(), signer: signer)
        return (token, times)
    }

    /// The signed text and the signature: the pair after the last `&` must be the signature's, and nothing follows it.
    /// The signature is base64 (RFC 4648, 4), with or without percent-encoding and padding, or with the alphabet for URLs
    /// (section 5): it has been through the hands of web frameworks. A `+` that one of them made a space stands for itself.
    static func divide(_ token: [UInt8]) throws(TokenRejection) -> SignedText {
        guard let divider = token.lastIndex(of: UInt8(ascii: "&")) else { throw .malformed }
        let last = token[(divider + 1)...]
        let name = Array("\(signatureName)=".utf8)
        // A `+` stands for itself: no base64 has a space.
        let written = last.dropFirst(name.count).map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }
        guard last.starts(with: name), let text = FormPair.decode(written, plusIsSpace: false),
            let signature = Base64.decode(canonical(text), .urlUnpadded)
        else { throw .malformed }
        return SignedText(text: Array(token[..<divider]), signature: signature)
    }

    /// The signature in one spelling; too much padding, and padding in the middle, stay and are refused.
    private static func canonical(_ signature: String) -> [UInt8] {
        var text = signature.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "+"), UInt8(ascii: " "): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        if text.count % 4 == 0 { for _ in 0..<2 where text.last == UInt8(ascii: "=") { text.removeLast() } }
        return text
    }

    /// The claims before the signature: no name twice, and no second signature.
    static func claims(in text: [UInt8]) throws(TokenRejection) -> [String: String] {
        var claims: [String: String] = [:]
        for part in text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard let pair = FormPair(part), pair.name != signatureName,
                claims.updateValue(pair.value, forKey: pair.name) == nil
            else { throw .malformed }
        }
        return claims
    }

    /// `ExpiresOn`: whole seconds since 1970, in decimal digits only; nil for anything else.
    static func time(_ text: String) -> Double? {
        guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        // Compared as an integer: a double would round a number just beyond the range into it.
        return Int(text).flatMap { $0 <= Int(TokenRules.times.upperBound) ? Double($0) : nil }
    }
}
