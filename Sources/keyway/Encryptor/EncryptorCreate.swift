import Administration
import ArgumentParser

struct EncryptorCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Let an encryptor have keys; prints its token, this once.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Names the encryptor in the audit log; a name is never used again.")
    var name: String

    @Option(
        name: [.customLong("policy"), .customLong("auth")],
        help: "The authorization policy of the keys that it makes, and the only one whose keys it is given.")
    var policy: String

    @Flag(help: "Give it keys that there are, and make none for it.")
    var existingOnly = false

    @Option(help: "How long the token lives, as 12h or 30d (default: until it is revoked).")
    var expires: String?

    @Option(help: "A PEM file with the certificate that it shows in TLS, instead of a token (tls.*.clientAuthorities).")
    var certificate: String?

    func run() async throws {
        let pem = try certificate.map { String(decoding: try SecretInput.read(file: $0), as: UTF8.self) }
        let verb = CreateEncryptor(
            name: name, authorizationPolicy: policy, mayCreate: !existingOnly, expires: expires,
            certificate: pem)
        try await common.perform(verb).print(json: common.json)
    }
}

extension CreateEncryptor.Report: Report {
    /// The token alone, so that a script can take it as it is.
    var text: String { token ?? "created \(name)" }
}
