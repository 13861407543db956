import Adapters
import Administration
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
import KeyExchange
import KeyServer

struct CPIXImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take the content keys of a CPIX document.",
        discussion: """
            All keys or none. Encrypted values need --private-key. Every signature of the document must verify; with \
            --signed-by everything that is used must be signed under that certificate. Labels come from the usage \
            rules. A key that is here already with the same bytes is left as it is. Private keys stay on this machine: the \
            document is opened here, and its keys go to the server of KEYWAY_URL over a protected connection.
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

    func run() async throws {
        let properties = KeyOperations.CPIXImport(
            type: try type.map(KeyOptions.type), authorizationPolicy: try policy.map(Self.name))
        let received = try opened(try read())
        let keys = try await take(received.document, properties)
        try ImportCPIX.Report(keys: keys, signers: received.signers).print(json: common.json)
    }

    /// Here the bytes of keys never become a text. On their way to a server they are one, over a protected connection.
    private func take(_ document: CPIX, _ properties: KeyOperations.CPIXImport) async throws -> [KeyReport] {
        guard CommonOptions.isRemote else {
            return try await common.open().keyOperations(by: Installation.localActor)
                .importCPIX(document, properties, at: Date())
        }
        let verb = ImportCPIX(
            document: document.xml, type: properties.type?.rawValue,
            authorizationPolicy: properties.authorizationPolicy)
        return try await common.perform(verb).keys
    }

    /// The document with its key values in the clear, held against the certificate that was asked for. Signatures and
    /// private keys are of this machine: no server sees them.
    private func opened(_ received: CPIX.Received) throws -> CPIX.Received {
        var received = received
        if let signedBy {
            let pem = String(decoding: try SecretInput.read(file: signedBy), as: UTF8.self)
            try received.require(signer: CPIX.Holder(pem: pem))
        }
        guard let privateKey, received.document.isEncrypted else { return received }
        var pem = try SecretInput.read(file: privateKey)
        defer { SecretInput.zero(&pem) }
        received.document = try pem.withUnsafeBytes { try received.document.opened(withPEM: $0) }
        return received
    }

    private static func name(_ policy: String) throws -> String {
        guard AssetRecord.isName(policy) else { throw CommandFailure(.usage, "--policy is not a name: '\(policy)'") }
        return policy
    }

    private func read() throws -> CPIX.Received {
        let longest = ImportCPIX.longestDocument
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

extension ImportCPIX.Report: Report {
    var text: String {
        keys.map { "\($0.keyId)  \($0.type)  \($0.label ?? "-")" }.joined(separator: "\n")
            + signers.map { "\nsigned by \($0)" }.joined()
    }
}
