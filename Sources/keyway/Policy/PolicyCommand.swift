import ArgumentParser

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Authorization and delivery policies.",
        subcommands: [
            PolicyList.self, PolicyShow.self, PolicyValidate.self, PolicyTest.self, PolicyExplain.self,
            PolicyDelete.self,
        ])
}
