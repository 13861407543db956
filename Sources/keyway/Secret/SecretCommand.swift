import ArgumentParser

struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Named secrets of token issuers, wrapped under the KEK.",
        subcommands: [SecretSet.self, SecretList.self, SecretDelete.self])
}
