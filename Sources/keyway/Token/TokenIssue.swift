import Adapters
import Administration
public import ArgumentParser
import Catalog
import Foundation
import KeyServer
public import Policies
import Tokens

struct TokenIssue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a token, for development.",
        discussion: """
            With --policy the issuer, audience, kind, secret and required claims are those of the policy's first token \
            restriction that verifies with a named secret; what is given besides wins.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "jwt or swt.")
    var type: TokenKind?

    @Option(help: "Take what is not given from this authorization policy.")
    var policy: String?

    @Option(help: "The issuer.")
    var issuer: String?

    @Option(help: "The audience.")
    var audience: String?

    @Option(help: "The named secret that signs.")
    var secret: String?

    @Option(help: "A file with the private key in PEM that signs (RS…, ES…).")
    var keyFile: String?

    @Option(help: "HS256 (the default), HS384, HS512, RS256, RS384, RS512, ES256, ES384 or ES512.")
    var algorithm: SignatureAlgorithm?

    @Option(parsing: .unconditional, help: "How long the token lives, as 60s, 5m, 12h; with a minus it is expired.")
    var lifetime = "10m"

    @Option(help: "The subject.")
    var subject: String?

    @Option(name: .customLong("token-id"), help: "The token's own name (jti), by which it can be revoked.")
    var tokenID: String?

    @Option(help: "The key that the token is for: the value of claims that must name the requested key.")
    var kid: String?

    @Option(help: "A further claim NAME=VALUE; may be repeated.")
    var claim: [String] = []

    private struct Answer: Report {
        var token: String
        var expires: Date
        var text: String { token }
    }

    func run() async throws {
        let installation = try await common.open()
        let draft = try await draft(installation)
        let contents = try contents(draft)
        let token: String
        do {
            token =
                try draft.kind == .swt
                ? TokenIssuer.swt(contents, secret: try secretBytes(installation, draft))
                : TokenIssuer.jwt(contents, algorithm: draft.algorithm, key: try signingKey(installation, draft))
        } catch let error as TokenIssueError {
            throw CommandFailure(.badData, "cannot issue the token: \(error)")
        }
        try Answer(token: token, expires: contents.expires).print(json: common.json)
    }

    /// What is asked, completed from the policy.
    private struct Draft {
        var kind: TokenKind
        var algorithm: SignatureAlgorithm
        var issuer: String
        var audience: String
        var secret: String?
        var claims: [RequiredClaim]
    }

    private func draft(_ installation: Installation) async throws -> Draft {
        var restriction: TokenRestriction?
        if let policy {
            guard let found = try await installation.catalog.authorizationPolicy(named: policy) else {
                throw CommandFailure(.noInput, "there is no authorization policy '\(policy)'")
            }
            restriction = found.options.flatMap(\.restrictions).compactMap(\.token).first
            guard restriction != nil else {
                throw CommandFailure(.badData, "policy '\(policy)' asks for no token")
            }
        }
        guard let issuer = issuer ?? restriction?.issuer, let audience = audience ?? restriction?.audience else {
            throw CommandFailure(.usage, "give --policy, or --issuer and --audience")
        }
        return Draft(
            kind: type ?? restriction?.kind ?? .jwt, algorithm: algorithm ?? .hs256, issuer: issuer, audience: audience,
            secret: secret ?? restriction?.verificationKeys.compactMap(\.secretName).first,
            claims: restriction?.requiredClaims ?? [])
    }

    private func contents(_ draft: Draft) throws -> TokenContents {
        let isPast = lifetime.hasPrefix("-")
        guard let seconds = DurationText.seconds(isPast ? String(lifetime.dropFirst()) : lifetime) else {
            throw CommandFailure(.usage, "--lifetime is not a duration as 60s, 5m, 12h: '\(lifetime)'")
        }
        let expires = Date().addingTimeInterval(Double(isPast ? -seconds : seconds))
        var contents = TokenContents(
            issuer: draft.issuer, audience: draft.audience, expires: expires, claims: try claims(draft))
        contents.subject = subject
        contents.tokenID = tokenID
        contents.issuedAt = Date()
        return contents
    }

    private func claims(_ draft: Draft) throws -> [TokenClaim] {
        var claims = try claim.map { text in
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { throw CommandFailure(.usage, "--claim must be NAME=VALUE, not '\(text)'") }
            return TokenClaim(name: String(sides[0]), value: .text(String(sides[1])))
        }
        for required in draft.claims where !claims.contains(where: { $0.name == required.name }) {
            if required.name == "sub", subject != nil { continue }
            if required.name == "jti", tokenID != nil { continue }
            switch required.expectation {
            case .equals(let value): claims.append(TokenClaim(name: required.name, value: .text(value)))
            case .oneOf(let values):
                if let value = values.first { claims.append(TokenClaim(name: required.name, value: .text(value))) }
            case .present:
                throw CommandFailure(
                    .usage,
                    "the policy wants the claim '\(required.name)': give --claim \(required.name)=VALUE"
                        + (required.name == "sub" ? " as --subject" : ""))
            case .requestedKeyID:
                guard let kid else {
                    throw CommandFailure(
                        .usage, "the policy wants the claim '\(required.name)' to name a key: give --kid")
                }
                claims.append(TokenClaim(name: required.name, value: .text(kid)))
            }
        }
        let namesKey = draft.claims.contains { if case .requestedKeyID = $0.expectation { true } else { false } }
        guard kid == nil || namesKey else {
            throw CommandFailure(
                .usage,
                "no claim is wanted that names a key, so --kid says nothing: leave it out, or give --claim NAME=UUID")
        }
        return claims
    }

    private func signingKey(_ installation: Installation, _ draft: Draft) throws -> SigningKey {
        guard let keyFile else { return .secret(try secretBytes(installation, draft)) }
        return .privateKey(pem: String(decoding: try SecretInput.read(file: keyFile), as: UTF8.self))
    }

    private func secretBytes(_ installation: Installation, _ draft: Draft) throws -> [UInt8] {
        guard let name = draft.secret else {
            throw CommandFailure(.usage, "give --secret NAME, or --key-file FILE with --algorithm RS256 or ES256")
        }
        guard let bytes = try installation.withSecret(named: name, { [UInt8]($0) }) else {
            throw CommandFailure(.noInput, "there is no secret '\(name)'; make it with 'keyway secret set \(name)'")
        }
        return bytes
    }
}

extension Restriction {
    /// The token restriction, when it is one.
    var token: TokenRestriction? {
        if case .token(let token) = self { token } else { nil }
    }
}

extension VerificationKey {
    /// The named secret, when it is one.
    fileprivate var secretName: String? {
        if case .secret(let name) = source { name } else { nil }
    }
}

extension TokenKind: ExpressibleByArgument {}
extension SignatureAlgorithm: ExpressibleByArgument {
    /// What libjwt issues with; tokens of the other algorithms are verified only.
    public static var allValueStrings: [String] {
        allCases.filter { ![.ps256, .ps384, .ps512, .edDSA].contains($0) }.map(\.rawValue)
    }
}
extension KeyDeliveryType: ExpressibleByArgument {}
