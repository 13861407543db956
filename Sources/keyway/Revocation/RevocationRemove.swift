import Administration
import ArgumentParser

struct RevocationRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Let what was revoked be taken again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The revocation's id, as 'keyway revocation list' shows it.")
    var id: String

    func run() async throws {
        try await common.perform(RemoveRevocation(id: id)).print(json: common.json)
    }
}

extension RemoveRevocation.Report: Report {
    var text: String { "removed revocation \(id)" }
}
