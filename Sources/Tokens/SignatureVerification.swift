import Cryptography
import Policies

/// The signature check of one token against a policy's keys. A key verifies only the algorithms of its own list and only
/// those of its kind: a public key never an HMAC, a secret never anything else.
struct SignatureVerification {
    let keys: [VerificationKey]
    let secrets: any SecretSource
    let publicKeys: PublicKeyCache

    /// What one key says.
    private enum Outcome {
        case valid
        case invalid
        /// The key cannot be used: missing, empty or unreadable.
        case unavailable
        /// The algorithm is not the key's.
        case notAllowed
    }

    /// Returns when one key verifies the signature; the keys are tried in the policy's order.
    func check(_ signed: SignedText, algorithm: SignatureAlgorithm) throws(TokenRejection) {
        var rejection = TokenRejection.algorithmNotAllowed
        for key in keys where key.algorithms.contains(algorithm) {
            switch outcome(of: signed, algorithm: algorithm, under: key.source) {
            case .valid: return
            case .invalid: rejection = .signatureInvalid
            case .unavailable where rejection == .algorithmNotAllowed: rejection = .verificationKeyUnavailable
            case .unavailable, .notAllowed: break
            }
        }
        throw rejection
    }

    private func outcome(
        of signed: SignedText, algorithm: SignatureAlgorithm, under source: VerificationKey.Source
    ) -> Outcome {
        switch (source, algorithm) {
        case (.secret(let name), .hs256): authenticate(signed, secret: name)
        case (.pem(let pem), .rs256): verify(signed, pem: pem, kind: .rsa)
        case (.pem(let pem), .es256): verify(signed, pem: pem, kind: .ecP256)
        case (.secret, .rs256), (.secret, .es256), (.pem, .hs256): .notAllowed
        }
    }

    private func authenticate(_ signed: SignedText, secret name: String) -> Outcome {
        let isValid = secrets.withSecret(named: name) { secret -> Bool? in
            // Nil for an empty secret, under which anyone could sign.
            try? HMACSHA256.isValid(signed.signature, of: signed.text, key: secret)
        }
        guard let isValid = isValid ?? nil else { return .unavailable }
        return isValid ? .valid : .invalid
    }

    private func verify(_ signed: SignedText, pem: String, kind: PublicKey.Kind) -> Outcome {
        guard let key = publicKeys.key(pem: pem) else { return .unavailable }
        guard key.kind == kind else { return .notAllowed }
        let isValid =
            switch kind {
            case .rsa: key.verifyPKCS1SHA256(signed.signature, of: signed.text)
            case .ecP256: key.verifyECDSASHA256(signed.signature, of: signed.text)
            }
        return isValid ? .valid : .invalid
    }
}
