import Administration
import ArgumentParser
import Catalog
import Foundation
import KeyServer
import Policies
import Tokens

struct RevocationAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Revoke one thing; again, to change its reason or end.",
        discussion: """
            Give one of --token-file, --token-hash, --token-id, --subject, --key-id, --key and --key-file. 'keyway token \
            inspect' shows a token's hash.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "A file with the token; - for standard input. It is forgotten an hour after the token's end.")
    var tokenFile: String?

    @Option(help: "SHA-256 of the token's signed text, in hexadecimal digits.")
    var tokenHash: String?

    @Option(name: .customLong("token-id"), help: "The tokens' jti.")
    var tokenID: String?

    @Option(help: "The tokens' subject.")
    var subject: String?

    @Option(name: .customLong("key-id"), help: "The kid under which an issuer publishes a key.")
    var keyID: String?

    @Option(help: "SHA-256 of a public key (SubjectPublicKeyInfo), in hexadecimal digits.")
    var key: String?

    @Option(help: "A file with the public key or certificate in PEM.")
    var keyFile: String?

    @Option(help: "Only of this issuer (with --token-id, --subject, --key-id).")
    var issuer: String?

    @Option(help: "Why; for the list.")
    var reason: String?

    @Option(help: "How long it holds, as 12h or 30d (default: until it is removed).")
    var expires: String?

    func run() async throws {
        let named: [(RevocationRecord.Kind, String?)] = [
            (.token, tokenHash), (.tokenID, tokenID), (.subject, subject), (.keyID, keyID), (.key, key),
            (.key, try keyFile.map(fingerprint)),
        ]
        var given = named.compactMap { kind, value in value.map { AddRevocation(kind: kind.rawValue, value: $0) } }
        if let tokenFile { given.append(try revocation(ofTokenIn: tokenFile)) }
        guard var verb = given.first, given.count == 1 else {
            throw CommandFailure(
                .usage,
                "give one of --token-file, --token-hash, --token-id, --subject, --key-id, --key and --key-file")
        }
        verb.issuer = issuer
        verb.reason = reason
        verb.expires = expires ?? verb.expires
        try await common.perform(verb, naming: ["value": option, "expires": "--expires"]).print(json: common.json)
    }

    /// The option that names what is revoked.
    private var option: String {
        let given = [
            ("--token-hash", tokenHash), ("--token-id", tokenID), ("--subject", subject), ("--key-id", keyID),
            ("--key", key),
            ("--key-file", keyFile), ("--token-file", tokenFile),
        ]
        return given.first { $0.1 != nil }?.0 ?? "the value"
    }

    private func fingerprint(_ file: String) throws -> String {
        try AddRevocation.fingerprint(ofPEM: String(decoding: try SecretInput.read(file: file), as: UTF8.self))
    }

    private func revocation(ofTokenIn file: String) throws -> AddRevocation {
        let text = String(decoding: try SecretInput.read(file: file == "-" ? nil : file), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let token = try? TokenInspection(text) else {
            throw CommandFailure(.badData, "this is neither a JWT nor a SWT")
        }
        // Beyond any skew of clocks that a policy can grant.
        let left = token.expires.map { max(Int($0.timeIntervalSinceNow), 0) + 3600 }
        return AddRevocation(
            kind: RevocationRecord.Kind.token.rawValue, value: RevokedThing.token(identity: token.identity).value,
            expires: left.flatMap { $0 <= 366 * 86_400 ? "\($0)s" : nil })
    }
}

extension RevocationReport: Report {
    var text: String {
        let whose = issuer.map { " of \($0)" } ?? ""
        return "revoked \(kind) \(value)\(whose)\(expires.map { " until \($0.rfc3339)" } ?? "") (\(id))"
    }
}
