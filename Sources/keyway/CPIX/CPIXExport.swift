import Administration
import ArgumentParser
import KeyExchange
import KeyServer

struct CPIXExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Hand content keys out in a CPIX document, encrypted to certificates.",
        discussion: """
            Prints the document. Key values are encrypted to the RSA keys of the certificates; every one of them can \
            read all. Every export and every refusal is in the audit log before a key is opened. It takes the \
            role key-admin, which whoever can open the data folder has. The document is signed here: the private key of \
            --sign-key goes to no server.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "A key's id or name; may be given more than once.")
    var kid: [String] = []

    @Option(help: "All keys of this asset.")
    var asset: String?

    @Option(help: "With --asset, the keys of this encryption only: cenc, cbcs or envelope.")
    var encryption: String?

    @Option(help: "A PEM file with the certificate of who shall read the keys; may be given more than once.")
    var recipient: [String] = []

    @Option(help: "What the document says that the keys are of (default: the asset's name).")
    var contentId: String?

    @Option(help: "Sign the document: a PEM file with a private RSA key, without a passphrase.")
    var signKey: String?

    @Option(help: "The certificate of --sign-key, in PEM.")
    var signCertificate: String?

    @Flag(help: "Hand the keys out as they are; needs --yes-clear.")
    var clear = false

    @Flag(help: "I know that whoever reads the output has the keys.")
    var yesClear = false

    func run() async throws {
        let verb = try verb()
        let signer = try signer()
        let report = try await common.perform(verb)
        try Answer(document: try signer.map { try Self.signed(report.document, by: $0) } ?? report.document)
            .print(json: common.json)
    }

    private struct Answer: Report {
        var document: String
        var text: String { document }
    }

    // What throws stands outside of `run`, and is not inlined into it: the compiler of Swift 6.3.1 crashes over it when it
    // optimises ("While splitting coroutine").

    @inline(never)
    private func verb() throws -> ExportCPIX {
        guard kid.isEmpty != (asset == nil) else {
            throw CommandFailure(.usage, "give --kid KEY, once or more often, or --asset NAME")
        }
        guard encryption == nil || asset != nil else {
            throw CommandFailure(.usage, "--encryption goes with --asset")
        }
        guard recipient.isEmpty == clear else {
            throw CommandFailure(.usage, "give --recipient FILE, or --clear --yes-clear")
        }
        let recipients = try recipient.map { String(decoding: try SecretInput.read(file: $0), as: UTF8.self) }
        return ExportCPIX(
            keys: kid.isEmpty ? nil : kid, asset: asset, encryption: encryption, contentId: contentId,
            recipients: clear ? nil : recipients, confirmed: clear ? yesClear : nil)
    }

    /// The certificate of who signs, read before any key is opened, and the file with the private key; nil for a document
    /// that is not signed.
    @inline(never)
    private func signer() throws -> (certificate: CPIX.Holder, key: String)? {
        switch (signKey, signCertificate) {
        case (nil, nil): return nil
        case (let key?, let certificate?):
            let pem = String(decoding: try SecretInput.read(file: certificate), as: UTF8.self)
            return (try CPIX.Holder(pem: pem), key)
        default: throw CommandFailure(.usage, "--sign-key and --sign-certificate go together")
        }
    }

    @inline(never)
    private static func signed(
        _ document: String, by signer: (certificate: CPIX.Holder, key: String)
    ) throws -> String {
        var pem = try SecretInput.read(file: signer.key)
        defer { SecretInput.zero(&pem) }
        var bytes = Array(document.utf8)
        defer { SecretInput.zero(&bytes) }
        let read = try bytes.withUnsafeBytes { try CPIX.read($0) }.document
        return try pem.withUnsafeBytes { try read.signedXML(by: signer.certificate, withPEM: $0) }
    }
}
