import Adapters
import ArgumentParser
import Catalog

struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the content keys.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Start after this key id.")
    var after: String?

    @Option(help: "At most this many.")
    var limit = 100

    private struct Answer: Report {
        var keys: [KeyReport]
        var text: String { Table.render(KeyReport.heading, keys.map(\.row)) }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        let keys = try await catalog.contentKeys(Page(after: after, limit: min(max(limit, 1), 10_000)))
        try Answer(keys: keys.map(KeyReport.init)).print(json: common.json)
    }
}
