import Adapters
import Administration
import ArgumentParser
import ContentKeys
import Foundation
import KeyServer
import Policies

struct KeyImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take a content key from outside under its key id.",
        discussion: """
            The key comes from --from-file or standard input, never from the command line: hex:… or base64:…, or its 16 \
            bytes as they are.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: KeyOptions

    @Option(help: "The key's id.")
    var kid: String

    @Option(help: "common, common-cbcs or envelope.")
    var type: String

    @Option(help: "Read the key from this file.")
    var fromFile: String?

    @Option(help: "The PlayReady checksum that the key must have, in base64.")
    var checksum: String?

    func run() async throws {
        let keyID = try KeyOptions.keyID(kid)
        let keyType = try KeyOptions.type(type)
        let expected = try checksum.map { text in
            guard let value = KeyChecksum(base64: text) else {
                throw CommandFailure(.usage, "--checksum is 8 bytes in base64, as KpOvXRLUXfs=, not '\(text)'")
            }
            return value
        }
        let properties = try options.properties(keyID: keyID)
        if CommonOptions.isRemote { return try await importRemotely(properties) }
        // Here the bytes never become a text.
        var checks = FieldChecks()
        let key = try SecretInput.withValue(file: fromFile) { bytes in
            try checks.value("/value") { try ImportKey.key(keyType, copying: bytes) }
        }
        let installation = try await common.open()
        try await checks.notePolicy(properties.authorizationPolicy, in: installation.catalog)
        try checks.end()
        guard let key else { return }
        try await installation.keyOperations(by: Installation.localActor)
            .import(key, keyID: keyID, checksum: expected, properties, at: Date()).print(json: common.json)
    }

    private func importRemotely(_ properties: KeyProperties) async throws {
        let value = try SecretInput.withValue(file: fromFile) { "base64:" + Data($0).base64EncodedString() }
        try await common.perform(
            ImportKey(
                keyId: kid, type: type, value: value, checksum: checksum, name: properties.name,
                authorizationPolicy: properties.authorizationPolicy, label: properties.label?.rawValue,
                notBefore: properties.notBefore, notAfter: properties.notAfter)
        ).print(json: common.json)
    }
}
