import Adapters
import ArgumentParser
import Catalog
import Foundation

struct AssetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the assets.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Start after this name.")
    var after: String?

    @Option(help: "At most this many.")
    var limit = 100

    private struct Answer: Report {
        struct Item: Encodable {
            var name: String
            var version: Int?
            var created: Date
        }
        var assets: [Item]
        var text: String {
            Table.render(
                ["NAME", "VERSION", "CREATED"],
                assets.map { [$0.name, $0.version.map(String.init) ?? "-", $0.created.rfc3339] })
        }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        let assets = try await catalog.assets(Page(after: after, limit: min(max(limit, 1), 10_000)))
        try Answer(assets: assets.map { .init(name: $0.name, version: $0.currentVersion, created: $0.created) })
            .print(json: common.json)
    }
}
