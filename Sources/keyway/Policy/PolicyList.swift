import Administration
import ArgumentParser
import KeyServer

struct PolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the policies.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var policies: [ListPolicies.Item]
        var text: String { Table.render(["KIND", "NAME", "RULES"], policies.map { [$0.kind, $0.name, $0.summary] }) }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListPolicies(after: $0) }
        try Answer(policies: pages.flatMap(\.policies)).print(json: common.json)
    }
}
