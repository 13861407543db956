import Administration
import ArgumentParser
import KeyServer

struct EncryptorList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the encryptors, their policies and the states of their tokens.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var encryptors: [ListEncryptors.Item]
        var text: String {
            Table.render(
                ["NAME", "POLICY", "MAKES KEYS", "STATE", "CREATED", "EXPIRES"],
                encryptors.map {
                    [
                        $0.name, $0.authorizationPolicy, $0.mayCreate ? "yes" : "no", $0.state, $0.created.rfc3339,
                        $0.expires.map(\.rfc3339) ?? "never",
                    ]
                })
        }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListEncryptors(after: $0) }
        try Answer(encryptors: pages.flatMap(\.encryptors)).print(json: common.json)
    }
}
