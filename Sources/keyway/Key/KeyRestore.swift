import Administration
import ArgumentParser

struct KeyRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Keep a key that waits for its deletion.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func run() async throws {
        try await common.perform(RestoreKey(name: key)).print(json: common.json)
    }
}
