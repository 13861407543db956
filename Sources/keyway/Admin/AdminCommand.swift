import ArgumentParser

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Access to the admin API.",
        subcommands: [AdminTokenCommand.self, AdminWhoAmI.self])
}

struct AdminTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Bearer tokens of the admin API, each with a role.",
        discussion: """
            reader sees everything but secrets; operator also changes policies, publishes assets and closes locators; \
            key-admin also makes keys, sets secrets and gives out tokens.
            """,
        subcommands: [AdminTokenCreate.self, AdminTokenList.self, AdminTokenRevoke.self])
}
