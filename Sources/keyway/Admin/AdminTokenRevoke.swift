import Administration
import ArgumentParser

struct AdminTokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Close a token now and for good.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The token's name.")
    var name: String

    func run() async throws {
        try await common.perform(RevokeAdminToken(name: name)).print(json: common.json)
    }
}

extension RevokeAdminToken.Report: Report {
    var text: String { "revoked \(name)" }
}
