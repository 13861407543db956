import CLibJWT
import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

/// A key in the terms of our verifier, of libjwt and of the `openssl` program.
struct Signer {
    var algorithm: SignatureAlgorithm
    var key: SigningKey
    /// What libjwt verifies with.
    var libraryKey: [UInt8]
    var library: jwt_alg_t
    var rule: TokenRestriction
    /// Signs a text with code that is neither ours nor libjwt's.
    var outside: (String) throws -> [UInt8]

    /// What Keyway and libjwt issue.
    static let issued: [SignatureAlgorithm] = SignatureAlgorithm.allCases.filter {
        ![.ps256, .ps384, .ps512, .edDSA].contains($0)
    }

    static func pair(_ kind: SignatureAlgorithm.KeyKind) throws -> KeyPair {
        switch kind {
        case .secret, .rsa: try KeyPair.rsa.get()
        case .p256: try KeyPair.ec.get()
        case .p384: try KeyPair.p384.get()
        case .p521: try KeyPair.p521.get()
        case .ed25519: try KeyPair.ed25519.get()
        }
    }

    static func of(_ algorithm: SignatureAlgorithm) throws -> Signer {
        let digest = "sha" + algorithm.rawValue.suffix(3)
        guard algorithm.keyKind != .secret else { return hmac(algorithm, digest) }
        let pair = try pair(algorithm.keyKind)
        return Signer(
            algorithm: algorithm, key: .privateKey(pem: pair.privateKey), libraryKey: Array(pair.publicKey.utf8),
            library: library[algorithm] ?? JWT_ALG_NONE, rule: restriction(keys: [pemKey(pair.publicKey, [algorithm])]),
            outside: { text in
                let text = Array(text.utf8)
                switch algorithm.keyKind {
                case .rsa:
                    let isPSS = algorithm.rawValue.hasPrefix("PS")
                    let options = isPSS ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] : []
                    return try OpenSSLTool.sign(text, with: pair.privateKey, digest: digest, options: options)
                case .ed25519: return try OpenSSLTool.sign(text, with: pair.privateKey, digest: nil)
                default:
                    let der = try OpenSSLTool.sign(text, with: pair.privateKey, digest: digest)
                    let size = [.p256: 32, .p384: 48, .p521: 66][algorithm.keyKind] ?? 0
                    return try OpenSSLTool.rawSignature(fromDER: der, numberSize: size)
                }
            })
    }

    private static func hmac(_ algorithm: SignatureAlgorithm, _ digest: String) -> Signer {
        Signer(
            algorithm: algorithm, key: .secret(TableOfSecrets.main), libraryKey: TableOfSecrets.main,
            library: library[algorithm] ?? JWT_ALG_NONE,
            rule: restriction(keys: [VerificationKey(source: .secret("main"), algorithms: [algorithm])]),
            outside: {
                let key = TableOfSecrets.main.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                let options = ["dgst", "-\(digest)", "-mac", "HMAC", "-macopt", "hexkey:\(key)", "-binary"]
                return try OpenSSLTool.run(options, input: Array($0.utf8))
            })
    }

    private static let library: [SignatureAlgorithm: jwt_alg_t] = [
        .hs256: JWT_ALG_HS256, .hs384: JWT_ALG_HS384, .hs512: JWT_ALG_HS512, .rs256: JWT_ALG_RS256,
        .rs384: JWT_ALG_RS384, .rs512: JWT_ALG_RS512, .es256: JWT_ALG_ES256, .es384: JWT_ALG_ES384,
        .es512: JWT_ALG_ES512,
    ]

    /// A token over a header and payload of one's own, signed by the program.
    func token(_ payload: String, header: String? = nil) throws -> String {
        let header = header ?? #"{"typ":"JWT","alg":"\#(algorithm.rawValue)"}"#
        let text = "\(base64URL(header.utf8)).\(base64URL(payload.utf8))"
        return "\(text).\(base64URL(try outside(text)))"
    }
}
