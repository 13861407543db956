import ArgumentParser

struct LocatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "locator", abstract: "Published, revocable addresses of assets.",
        subcommands: [LocatorCreate.self, LocatorList.self, LocatorShow.self, LocatorRevoke.self])
}
