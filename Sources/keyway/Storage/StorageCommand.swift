import ArgumentParser

struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage", abstract: "Storage accounts: the folders that media lies in.",
        discussion: """
            They are configured under storage.accounts, each with a name, a folder and a weight. What is new goes to them by \
            weight, or where --account says; an account with weight 0 takes nothing new.
            """,
        subcommands: [StorageList.self, StorageStatus.self])
}
