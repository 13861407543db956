import Adapters
import ArgumentParser
import Catalog
import ContentKeys

struct KeyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a content key, without its bytes.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    private struct Answer: Report {
        var key: KeyReport
        var text: String { Table.render(KeyReport.heading, [key.row]) }

        func encode(to encoder: any Encoder) throws {
            try key.encode(to: encoder)
        }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        var record = try await catalog.contentKey(named: key)
        if record == nil, let keyID = KeyID(key) { record = try await catalog.contentKey(keyID) }
        guard let record else {
            throw CommandFailure(.noInput, "there is no key '\(key)'; 'keyway key list' lists them")
        }
        try Answer(key: KeyReport(record)).print(json: common.json)
    }
}
