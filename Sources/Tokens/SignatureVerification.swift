import Cryptography
import Policies

/// The signature check of one token against a policy's keys. A key verifies only the algorithms of its own list and only
/// those of its kind: a public key never an HMAC, a secret never anything else.
struct SignatureVerification {
    let keys: [VerificationKey]
    /// The policy's.
    let issuer: String
    let secrets: any SecretSource
    let publicKeys: PublicKeyCache
    let keySets: any KeySetSource

    /// Of a set, this many keys are tried for one token.
    private static let mostTries = 16

    /// What one key says.
    private enum Outcome {
        case valid(TokenSigner)
        case invalid(TokenRejection)
        /// The algorithm is not the key's.
        case notAllowed
    }

    /// Returns what verified the signature; the keys are tried in the policy's order.
    ///
    /// - Parameter keyID: the name of the key that the token gives; for published keys only.
    func check(
        _ signed: SignedText, algorithm: SignatureAlgorithm, keyID: String? = nil
    ) throws(TokenRejection) -> TokenSigner {
        var rejection = TokenRejection.algorithmNotAllowed
        for key in keys {
            switch outcome(of: signed, algorithm: algorithm, keyID: keyID, under: key) {
            case .valid(let signer): return signer
            case .invalid(let reason): rejection = Self.telling(rejection, reason)
            case .notAllowed: break
            }
        }
        throw rejection
    }

    /// Of two rejections the one that says more: first what a new reading of published keys may mend.
    private static func telling(_ left: TokenRejection, _ right: TokenRejection) -> TokenRejection {
        let order: [TokenRejection] = [
            .keyNotPublished, .keySetUnavailable, .signatureInvalid, .verificationKeyUnavailable,
        ]
        return order.first { $0 == left || $0 == right } ?? right
    }

    private func outcome(
        of signed: SignedText, algorithm: SignatureAlgorithm, keyID: String?, under key: VerificationKey
    ) -> Outcome {
        if case .published(let location) = key.source {
            guard algorithm.keyKind != .secret else { return .notAllowed }
            return verify(signed, algorithm, keyID: keyID, published: location, policy: key.algorithms)
        }
        guard key.algorithms.contains(algorithm) else { return .notAllowed }
        switch (key.source, algorithm.family) {
        case (.secret(let name), .hmac(let hash)): return authenticate(signed, hash, secret: name)
        case (.pem(let pem), .signature(let scheme)): return verify(signed, scheme, pem: pem)
        case (.secret, .signature), (.pem, .hmac), (.published, _): return .notAllowed
        }
    }

    private func authenticate(_ signed: SignedText, _ hash: HashAlgorithm, secret name: String) -> Outcome {
        let isValid = secrets.withSecret(named: name) { secret -> Bool? in
            // Nil for an empty secret, under which anyone could sign.
            try? HMAC.isValid(signed.signature, of: signed.text, key: secret, hash: hash)
        }
        guard let isValid = isValid ?? nil else { return .invalid(.verificationKeyUnavailable) }
        return isValid ? .valid(TokenSigner(secret: name)) : .invalid(.signatureInvalid)
    }

    private func verify(_ signed: SignedText, _ scheme: SignatureScheme, pem: String) -> Outcome {
        guard let key = publicKeys.key(pem: pem) else { return .invalid(.verificationKeyUnavailable) }
        guard key.kind == scheme.keyKind else { return .notAllowed }
        guard key.verifies(signed.signature, of: signed.text, by: scheme) else { return .invalid(.signatureInvalid) }
        return .valid(TokenSigner(fingerprint: key.fingerprint))
    }

    private func verify(
        _ signed: SignedText, _ algorithm: SignatureAlgorithm, keyID: String?, published location: KeySetLocation,
        policy: Set<SignatureAlgorithm>
    ) -> Outcome {
        guard case .signature(let scheme) = algorithm.family else { return .notAllowed }
        guard let set = keySets.keySet(at: location), TokenRules.publishes(set.issuer, issuer) else {
            return .invalid(.keySetUnavailable)
        }
        guard policy.isEmpty || policy.contains(algorithm) else { return .notAllowed }
        let candidates = set.keys(named: keyID).filter {
            TokenRules.publishes($0.issuer, issuer) && $0.algorithms(policy).contains(algorithm)
        }
        for candidate in candidates.prefix(Self.mostTries)
        where candidate.key.verifies(signed.signature, of: signed.text, by: scheme) {
            return .valid(TokenSigner(keyID: candidate.id, fingerprint: candidate.key.fingerprint))
        }
        // Where no key has the token's name, or it gives none, the key may be one that the issuer published since.
        guard set.publishes(keyID) else { return .invalid(.keyNotPublished) }
        return candidates.isEmpty ? .notAllowed : .invalid(.signatureInvalid)
    }
}

extension SignatureAlgorithm {
    /// How an algorithm is computed.
    enum Family {
        case hmac(HashAlgorithm)
        case signature(SignatureScheme)
    }

    var family: Family {
        switch self {
        case .hs256: .hmac(.sha256)
        case .hs384: .hmac(.sha384)
        case .hs512: .hmac(.sha512)
        case .rs256: .signature(.rsaPKCS1(.sha256))
        case .rs384: .signature(.rsaPKCS1(.sha384))
        case .rs512: .signature(.rsaPKCS1(.sha512))
        case .ps256: .signature(.rsaPSS(.sha256))
        case .ps384: .signature(.rsaPSS(.sha384))
        case .ps512: .signature(.rsaPSS(.sha512))
        case .es256: .signature(.ecdsa(.sha256))
        case .es384: .signature(.ecdsa(.sha384))
        case .es512: .signature(.ecdsa(.sha512))
        case .edDSA: .signature(.ed25519)
        }
    }
}
