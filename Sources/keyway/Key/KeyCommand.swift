import ArgumentParser

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Content keys: never shown, only named.",
        subcommands: [KeyCreate.self, KeyList.self, KeyShow.self])
}
