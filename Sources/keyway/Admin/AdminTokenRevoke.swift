import Administration
import ArgumentParser

struct AdminTokenRevoke: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Close a token now and for good.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The token's name.")
    var name: String

    func verb() -> RevokeAdminToken { RevokeAdminToken(name: name) }
}

extension RevokeAdminToken.Report: Report {
    var text: String { "revoked \(name)" }
}
