import Administration
import ArgumentParser
import Foundation
import KeyServer

struct AssetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the assets.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Start after this name.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func run() async throws {
        try await common.perform(ListAssets(after: after, limit: limit)).print(json: common.json)
    }
}

extension ListAssets.Report: Report {
    var text: String {
        Table.render(
            ["NAME", "VERSION", "CREATED"],
            assets.map { [$0.name, $0.version.map(String.init) ?? "-", $0.created.rfc3339] })
    }
}
