import Cryptography
public import Policies

extension Installation {
    /// Signs a path under a named secret; nil when there is none of that name.
    public func sign(_ signature: PathSignature, under secret: String) throws -> String? {
        try withSecret(named: secret) { key in
            signature.text(code: try HMAC.code(of: signature.signedText.utf8, key: key))
        }
    }
}
