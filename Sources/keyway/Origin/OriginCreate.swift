import Administration
import ArgumentParser

struct OriginCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Let an origin have the keys of what is published.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Names the origin in the audit log; a name is never used again.")
    var name: String

    @Option(help: "A PEM file with the certificate that it shows in TLS (keyService.certificate).")
    var certificate: String

    func run() async throws {
        let pem = String(decoding: try SecretInput.read(file: certificate), as: UTF8.self)
        try await common.perform(CreateOrigin(name: name, certificate: pem)).print(json: common.json)
    }
}

extension CreateOrigin.Report: Report {
    var text: String { "created \(name), certificate \(fingerprint)" }
}
