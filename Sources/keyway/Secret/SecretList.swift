import Adapters
import ArgumentParser
import Catalog

struct SecretList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the secrets' names.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var secrets: [String]
        var text: String { secrets.isEmpty ? "(none)" : secrets.joined(separator: "\n") }
    }

    func run() async throws {
        try Answer(secrets: try await common.open().catalog.secretNames()).print(json: common.json)
    }
}
