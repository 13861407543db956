import Administration
import ArgumentParser
import KeyServer

struct AdminWhoAmI: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Say under which name and role verbs are done.")

    @OptionGroup var common: CommonOptions

    func verb() -> ShowIdentity { ShowIdentity() }
}

extension ShowIdentity.Report: Report {
    var text: String { "\(name)  \(role)" }
}
