import Administration
import ArgumentParser
import Foundation
import KeyExchange
import KeyServer
import Policies

struct CPIXExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Hand content keys out in a CPIX document, encrypted to certificates.",
        discussion: """
            Prints the document. Key values are encrypted to the RSA keys of the certificates; every one of them can \
            read all. Every export and every refusal is in the audit log before a key is opened. Whoever can open the \
            data folder has the role key-admin.
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
        let selection = try selection()
        let form = try form()
        let signer = try signer()
        let document = try await common.open().keyOperations.exportCPIX(
            selection, form, contentID: contentId ?? asset, role: .keyAdmin, at: Date())
        Terminal.print(try text(of: document, signedBy: signer))
    }

    // What throws stands outside of `run`, and is not inlined into it: the compiler of Swift 6.3.1 crashes over it when it
    // optimises ("While splitting coroutine").

    @inline(never)
    private func form() throws -> KeyOperations.CPIXForm {
        switch (recipient.isEmpty, clear) {
        case (false, false):
            return .wrapped(
                try recipient.map { file in
                    try CPIX.Holder(pem: String(decoding: try SecretInput.read(file: file), as: UTF8.self))
                })
        case (true, true): return .clear(confirmed: yesClear)
        default: throw CommandFailure(.badData, "give --recipient FILE, or --clear --yes-clear")
        }
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
        default: throw CommandFailure(.badData, "--sign-key and --sign-certificate go together")
        }
    }

    @inline(never)
    private func text(of document: CPIX, signedBy signer: (certificate: CPIX.Holder, key: String)?) throws -> String {
        guard let signer else { return document.xml }
        var pem = try SecretInput.read(file: signer.key)
        defer { SecretInput.zero(&pem) }
        return try pem.withUnsafeBytes { try document.signedXML(by: signer.certificate, withPEM: $0) }
    }

    @inline(never)
    private func selection() throws -> KeyOperations.CPIXSelection {
        switch (kid.isEmpty, asset) {
        case (false, nil):
            guard encryption == nil else { throw CommandFailure(.badData, "--encryption goes with --asset") }
            return .keys(kid)
        case (true, let asset?):
            return .asset(
                asset,
                try encryption.map { text in
                    guard let encryption = DeliveryEncryption(rawValue: text), encryption.keyType != nil else {
                        throw CommandFailure(.badData, "--encryption must be cenc, cbcs or envelope, not '\(text)'")
                    }
                    return encryption
                })
        default: throw CommandFailure(.badData, "give --kid KEY, once or more often, or --asset NAME")
        }
    }
}
