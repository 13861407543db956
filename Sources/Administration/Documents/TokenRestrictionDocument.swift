import Policies

/// `token: {…}`: a token of an issuer, for an audience, under keys that each name their algorithms.
extension DocumentNode {
    /// How often one token may be used at most.
    private static let uses = 1...1_000_000
    private static let skews = 0...3600

    func tokenRestriction(_ references: inout [DocumentReference]) -> TokenRestriction? {
        let known = [
            "type", "issuer", "audience", "verificationKeys", "requiredClaims", "maxUses", "clockSkew",
        ]
        guard let fields = DocumentFields(self, of: "'token'", known: known) else { return nil }
        let kind = fields.required("type")?.choice(TokenKind.self, "type")
        let issuer = fields.required("issuer")?.text("issuer")
        let audience = fields.required("audience")?.text("audience")
        var keys: [VerificationKey] = []
        for node in fields.required("verificationKeys")?.list("verificationKeys", limit: 16) ?? [] {
            if let key = node.verificationKey(kind: kind, &references) { keys.append(key) }
        }
        let claims = fields["requiredClaims"]?.requiredClaims() ?? []
        let uses = fields["maxUses"]?.number("maxUses", in: Self.uses)
        let skew = fields["clockSkew"]?.duration("clockSkew", in: Self.skews)
        guard let kind, let issuer, let audience else { return nil }
        return TokenRestriction(
            kind: kind, issuer: issuer, audience: audience, verificationKeys: keys, requiredClaims: claims,
            maximumUses: uses, clockSkew: skew ?? 60)
    }

    /// `requiredClaims: { plan: premium, "urn:keyway:kid": "{kid}" }`.
    private func requiredClaims() -> [RequiredClaim]? {
        guard let pairs = pairs("'requiredClaims'") else { return nil }
        if pairs.count > 64 { report("'requiredClaims' has at most 64 claims") }
        return pairs.prefix(64).compactMap { key, keyNode, value in
            guard keyNode.text("requiredClaims", limit: 256) != nil, let text = value.text(key.quotedBare) else {
                return nil
            }
            if text == "{kid}" { return RequiredClaim(name: key, expectation: .requestedKeyID) }
            if text.contains("{kid}") { value.report("{kid} stands alone: the claim names the requested key") }
            return RequiredClaim(name: key, expectation: .equals(text))
        }
    }
}

extension String {
    /// As `quoted`, for a place that has its quotation marks already.
    fileprivate var quotedBare: String { String(quoted.dropFirst().dropLast()) }
}
