import Administration
import ArgumentParser

struct RevocationRemove: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Let what was revoked be taken again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The revocation's id, as 'keyway revocation list' shows it.")
    var id: String

    func verb() -> RemoveRevocation { RemoveRevocation(id: id) }
}

extension RemoveRevocation.Report: Report {
    var text: String { "removed revocation \(id)" }
}
