import ArgumentParser
import Catalog
import Foundation
import KeyServer
import Policies
import Tokens

struct TokenInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what a token says, without verifying it.")

    @Flag(help: "Print one JSON document and nothing else on standard output.")
    var json = false

    @Option(help: "Read the token from this file (default: standard input).")
    var tokenFile: String?

    private struct Answer: Report {
        var notice = TokenInspection.notice
        var kind: String
        var header: [String: String]
        var claims: [String: String]
        var expires: Date?
        var signatureBytes: Int
        /// By which it can be revoked.
        var hash: String

        var text: String {
            func lines(_ values: [String: String]) -> String {
                values.sorted { $0.key < $1.key }.map { "  \($0.key.debugDescription): \($0.value)" }
                    .joined(separator: "\n")
            }
            let parts = [
                "\(kind), \(notice)", header.isEmpty ? nil : "header\n\(lines(header))", "claims\n\(lines(claims))",
                expires.map { "expires \($0.rfc3339)\($0 < Date() ? ", which is past" : "")" },
                "signature \(signatureBytes) bytes", "hash \(hash)",
            ]
            return parts.compactMap { $0 }.joined(separator: "\n")
        }
    }

    func run() async throws {
        let bytes = try SecretInput.read(file: tokenFile)
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let inspection: TokenInspection
        do {
            inspection = try TokenInspection(text)
        } catch {
            throw CommandFailure(.badData, "this is neither a JWT nor a SWT")
        }
        try Answer(
            kind: inspection.kind.rawValue,
            header: inspection.header.reduce(into: [:]) { $0[$1.name] = $1.json },
            claims: inspection.claims.reduce(into: [:]) { $0[$1.name] = $1.json }, expires: inspection.expires,
            signatureBytes: inspection.signatureSize, hash: RevokedThing.token(identity: inspection.identity).value
        ).print(json: json)
    }
}
