import Policies

/// `token: {…}`: a token of an issuer, for an audience, under keys that each name their algorithms.
extension DocumentNode {
    /// How often one token may be used at most.
    private static let uses = 1...1_000_000
    private static let skews = 0...3600
    private static let lifetimes = 1...(366 * 86_400)

    func tokenRestriction(_ references: inout [DocumentReference]) -> TokenRestriction? {
        let known = [
            "type", "issuer", "audience", "verificationKeys", "requiredClaims", "maxUses", "maxLifetime",
            "clockSkew",
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
        let lifetime = fields["maxLifetime"]?.duration("maxLifetime", in: Self.lifetimes)
        let skew = fields["clockSkew"]?.duration("clockSkew", in: Self.skews)
        guard let kind, let issuer, let audience else { return nil }
        return TokenRestriction(
            kind: kind, issuer: issuer, audience: audience, verificationKeys: keys, requiredClaims: claims,
            maximumUses: uses, maximumLifetime: lifetime, clockSkew: skew ?? 60)
    }

    /// `requiredClaims: { plan: [premium, family], sub: { present: true }, "urn:keyway:kid": "{kid}" }`.
    private func requiredClaims() -> [RequiredClaim]? {
        guard let pairs = pairs("'requiredClaims'") else { return nil }
        if pairs.count > 64 { report("'requiredClaims' has at most 64 claims") }
        return pairs.prefix(64).compactMap { key, keyNode, value in
            guard keyNode.text("requiredClaims", limit: 256) != nil, let expectation = value.expectation(key) else {
                return nil
            }
            return RequiredClaim(name: key, expectation: expectation)
        }
    }

    private func expectation(_ claim: String) -> RequiredClaim.Expectation? {
        if isMapping {
            let fields = DocumentFields(self, of: "the claim \(claim.quoted)", known: ["present"])
            guard let fields, fields["present"] != nil || isEmptyMapping else { return nil }
            if fields["present"]?.scalarText == "true" { return .present }
            report("a claim is asked for with a value, a list of values, or '{ present: true }'")
            return nil
        }
        if scalarText == nil, !isNull {
            let values = list(claim.quotedBare)?.compactMap { $0.claimValue(claim) }
            return values.map { .oneOf($0) }
        }
        guard let text = text(claim.quotedBare) else { return nil }
        return text == "{kid}" ? .requestedKeyID : claimValue(claim).map { .equals($0) }
    }

    private func claimValue(_ claim: String) -> String? {
        guard let text = text(claim.quotedBare) else { return nil }
        if text.contains("{kid}") {
            report("{kid} stands alone: the claim names the requested key")
        } else if likenessesOfKID.contains(text.lowercased()) {
            // Who meant the requested key would lock everybody out.
            report("\(text.quoted) names no key: the requested one is {kid}, in small letters and single braces")
        }
        return text
    }
}

/// What is written for `{kid}` by mistake.
private let likenessesOfKID: Set = [
    "{kid}", "{keyid}", "{key-id}", "{key_id}", "{key}", "{contentkeyidentifier}", "${kid}", "{{kid}}",
]

extension String {
    /// As `quoted`, for a place that has its quotation marks already.
    fileprivate var quotedBare: String { String(quoted.dropFirst().dropLast()) }
}
