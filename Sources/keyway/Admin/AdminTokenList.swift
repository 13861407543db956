import Administration
import ArgumentParser
import KeyServer

struct AdminTokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens' names, roles and states.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var tokens: [ListAdminTokens.Item]
        var text: String {
            Table.render(
                ["NAME", "ROLE", "STATE", "CREATED", "EXPIRES"],
                tokens.map {
                    [$0.name, $0.role, $0.state, $0.created.rfc3339, $0.expires.map(\.rfc3339) ?? "never"]
                })
        }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListAdminTokens(after: $0) }
        try Answer(tokens: pages.flatMap(\.tokens)).print(json: common.json)
    }
}
