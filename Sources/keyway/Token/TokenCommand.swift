import ArgumentParser

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "A token service for development.",
        subcommands: [TokenIssue.self, TokenInspect.self])
}
