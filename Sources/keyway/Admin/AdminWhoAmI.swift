import Administration
import ArgumentParser
import KeyServer

struct AdminWhoAmI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Say under which name and role verbs are done.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform(ShowIdentity()).print(json: common.json)
    }
}

extension ShowIdentity.Report: Report {
    var text: String { "\(name)  \(role)" }
}
