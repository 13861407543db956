import Administration
import ArgumentParser
import ContentKeys
import KeyServer
import Policies

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
        guard (type == nil) != (seed == nil) else {
            throw CommandFailure(
                .usage,
                type == nil
                    ? "give --type, or --seed for a key of a seed" : "--type and --seed do not go together")
        }
        if let type { _ = try KeyOptions.type(type) }
        try await common.perform(
            CreateKey(
                type: type, name: properties.name, keyId: properties.keyID?.description,
                authorizationPolicy: properties.authorizationPolicy, label: properties.label?.rawValue,
                notBefore: properties.notBefore, notAfter: properties.notAfter, seed: seed)
        ).print(json: common.json)
    }
}
