import Administration
import ArgumentParser
import KeyServer

struct AssetCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an asset without media, for originals to be sent into.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    func run() async throws {
        try await common.perform(CreateAsset(name: name)).print(json: common.json)
    }
}

extension CreateAsset.Report: Report {
    var text: String { "asset \(name) made" }
}
