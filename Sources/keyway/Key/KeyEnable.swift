import Administration
import ArgumentParser

struct KeyEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Deliver a disabled key again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func run() async throws {
        try await common.perform(EnableKey(name: key)).print(json: common.json)
    }
}
