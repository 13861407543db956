import Administration
import ArgumentParser
import ContentKeys

struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a random content key, wrapped under the KEK.")

    @OptionGroup var common: CommonOptions

    @Option(help: "common, common-cbcs or envelope.")
    var type: String

    @Option(help: "A name, unique among keys.")
    var name: String?

    @Option(help: "The key's id, a UUID that is not in use; generated when absent.")
    var kid: String?

    @Option(name: .customLong("auth"), help: "The authorization policy; without one nobody receives the key.")
    var policy: String?

    func run() async throws {
        guard let keyType = ContentKeyType(rawValue: type), keyType.isDeliverable else {
            throw CommandFailure(.badData, "--type must be common, common-cbcs or envelope, not '\(type)'")
        }
        if let kid, KeyID(kid) == nil { throw CommandFailure(.badData, "--kid is not a UUID: '\(kid)'") }
        try await common.perform(
            CreateKey(type: type, name: name, keyId: kid, authorizationPolicy: policy)
        ).print(json: common.json)
    }
}
