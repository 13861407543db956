import Administration
import ArgumentParser
import Foundation
import KeyExchange
import KeyServer

struct CPIXImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take the content keys of a CPIX document.",
        discussion: """
            All keys or none. Encrypted values need --private-key. Every signature of the document must verify; with \
            --signed-by everything that is used must be signed under that certificate. Labels come from the usage \
            rules. A key that is here already with the same bytes is left as it is.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The document; '-' for standard input.")
    var file: String

    @Option(help: "A PEM file with the private RSA key that the document is encrypted to, without a passphrase.")
    var privateKey: String?

    @Option(help: "A PEM file with the certificate that the document must be signed under.")
    var signedBy: String?

    @Option(help: "What keys without a scheme are for: common, common-cbcs or envelope.")
    var type: String?

    @Option(
        name: [.customLong("policy"), .customLong("auth")],
        help: "The keys' authorization policy; without one nobody receives them.")
    var policy: String?

    private struct Answer: Report {
        var keys: [KeyReport]
        /// Fingerprints of the keys that signed the document.
        var signers: [String]
        var text: String {
            keys.map { "\($0.keyId)  \($0.type)  \($0.label ?? "-")" }.joined(separator: "\n")
                + signers.map { "\nsigned by \($0)" }.joined()
        }
    }

    func run() async throws {
        let properties = KeyOperations.CPIXImport(
            type: try type.map(KeyOptions.type), authorizationPolicy: policy)
        var received = try read()
        if let signedBy {
            let pem = String(decoding: try SecretInput.read(file: signedBy), as: UTF8.self)
            try received.require(signer: CPIX.Holder(pem: pem))
        }
        if let privateKey, received.document.isEncrypted {
            var pem = try SecretInput.read(file: privateKey)
            defer { SecretInput.zero(&pem) }
            received.document = try pem.withUnsafeBytes { try received.document.opened(withPEM: $0) }
        }
        let reports = try await common.open().keyOperations.importCPIX(received.document, properties, at: Date())
        try Answer(keys: reports, signers: received.signers).print(json: common.json)
    }

    private func read() throws -> CPIX.Received {
        let longest = 4 << 20
        let handle = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        guard let handle else { throw CommandFailure(.noInput, "cannot read '\(file)'") }
        var bytes = Array(try handle.read(upToCount: longest + 1) ?? Data())
        defer { SecretInput.zero(&bytes) }
        do {
            return try bytes.withUnsafeBytes { try CPIX.read($0) }
        } catch let error as CPIXError {
            throw CommandFailure(.badData, "\(file):\(error.description)")
        }
    }
}
