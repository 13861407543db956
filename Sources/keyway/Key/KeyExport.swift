import Administration
import ArgumentParser
import KeyServer

struct KeyExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Hand a content key out, encrypted to a public key.",
        discussion: """
            Prints one JSON document, in which the key is encrypted by RSA-OAEP with SHA-256 to the RSA key of \
            --recipient. Every export and every refusal is in the audit log before a key is opened. Whoever can open \
            the data folder has the role key-admin.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    @Option(help: "A PEM file with an RSA public key or a certificate.")
    var recipient: String?

    @Flag(help: "Hand the key out as it is, in base64; needs --yes-clear.")
    var clear = false

    @Flag(help: "I know that whoever reads the output has the key.")
    var yesClear = false

    func run() async throws {
        let verb: ExportKey
        switch (recipient, clear) {
        case (let file?, false):
            let pem = try SecretInput.read(file: file)
            verb = ExportKey(name: key, recipient: String(decoding: pem, as: UTF8.self), confirmed: nil)
        case (nil, true): verb = ExportKey(name: key, recipient: nil, confirmed: yesClear)
        default: throw CommandFailure(.usage, "give --recipient FILE, or --clear --yes-clear")
        }
        try await common.perform(verb).print(json: true)
    }
}

extension KeyExportReport: Report {
    /// Never used: an export is a JSON document.
    var text: String { "\(kid) by \(algorithm)" }
}
