import Administration
import ArgumentParser
import ContentKeys
import Foundation

struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a content key: random and wrapped under the KEK, or one of a key seed.",
        discussion: """
            A key of a seed needs no row in the catalog: its id is made so that the seed knows it again. With --kid, a \
            name or another property of its own it is remembered. A key id from elsewhere is answered only when it was \
            created here with --seed and --kid.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: KeyOptions

    @Option(help: "common, common-cbcs or envelope; with --seed, the seed's type counts.")
    var type: String?

    @Option(help: "The key's id, a UUID that is not in use; made when absent.")
    var kid: String?

    @Option(help: "The key seed that the key derives from; without one the key is random.")
    var seed: String?

    func run() async throws {
        let properties = try options.properties(keyID: try kid.map(KeyOptions.keyID))
        let report: KeyReport
        if let seed {
            guard type == nil else { throw CommandFailure(.badData, "--type and --seed do not go together") }
            report = try await common.open().keyOperations.create(fromSeed: seed, properties, at: Date())
        } else {
            guard let type else { throw CommandFailure(.badData, "give --type, or --seed for a key of a seed") }
            let keyType = try KeyOptions.type(type)
            if CommonOptions.isRemote { return try await createRemotely(type, properties) }
            report = try await common.open().keyOperations.create(keyType, properties, at: Date())
        }
        try report.print(json: common.json)
    }

    private func createRemotely(_ type: String, _ properties: KeyProperties) async throws {
        guard properties.label == nil, properties.notBefore == nil, properties.notAfter == nil else {
            throw CommandFailure(
                .unavailable, "over KEYWAY_URL a key is made without label and validity; use 'keyway apply' for them")
        }
        try await common.perform(
            CreateKey(
                type: type, name: properties.name, keyId: properties.keyID?.description,
                authorizationPolicy: properties.authorizationPolicy)
        ).print(json: common.json)
    }
}
