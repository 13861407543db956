import Administration
import ArgumentParser
import KeyServer

struct SecretList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the secrets' names.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var secrets: [String]
        var text: String { secrets.isEmpty ? "(none)" : secrets.joined(separator: "\n") }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListSecrets(after: $0) }
        try Answer(secrets: pages.flatMap(\.secrets)).print(json: common.json)
    }
}
