import Administration
import ArgumentParser

struct OriginRevoke: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Give an origin nothing any more, now and for good.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The origin's name.")
    var name: String

    func verb() -> RevokeOrigin { RevokeOrigin(name: name) }
}

extension RevokeOrigin.Report: Report {
    var text: String { "revoked \(name)" }
}
