import Administration
import ArgumentParser
import KeyServer

struct RevocationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List what is revoked.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var revocations: [RevocationReport]
        var text: String {
            Table.render(
                ["ID", "KIND", "VALUE", "ISSUER", "EXPIRES", "REASON"],
                revocations.map {
                    [
                        $0.id, $0.kind, $0.value, $0.issuer ?? "any", $0.expires.map(\.rfc3339) ?? "never",
                        $0.reason ?? "",
                    ]
                })
        }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListRevocations(after: $0) }
        try Answer(revocations: pages.flatMap(\.revocations)).print(json: common.json)
    }
}
