import Administration
import ArgumentParser

struct KeyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a content key, without its bytes.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func run() async throws {
        try await common.perform(ShowKey(name: key)).print(json: common.json)
    }
}
