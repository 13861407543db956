import Administration
import ArgumentParser
import Foundation

struct KeyEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Deliver a disabled key again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func run() async throws {
        try await common.open().keyOperations.setEnabled(true, key, at: Date()).print(json: common.json)
    }
}
