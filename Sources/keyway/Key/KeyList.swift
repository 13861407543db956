import Administration
import ArgumentParser
import ContentKeys

struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the content keys.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Start after this key id.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func run() async throws {
        if let after, KeyID(after) == nil { throw CommandFailure(.badData, "--after is not a key's id: '\(after)'") }
        try await common.perform(ListKeys(after: after, limit: limit)).print(json: common.json)
    }
}
