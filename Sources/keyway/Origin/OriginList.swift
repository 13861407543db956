import Administration
import ArgumentParser
import KeyServer

struct OriginList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the origins that run alone, and whether they are given keys.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var origins: [ListOrigins.Item]
        var text: String {
            Table.render(
                ["NAME", "STATE", "CREATED", "CERTIFICATE"],
                origins.map { [$0.name, $0.state, $0.created.rfc3339, $0.fingerprint] })
        }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListOrigins(after: $0) }
        try Answer(origins: pages.flatMap(\.origins)).print(json: common.json)
    }
}
