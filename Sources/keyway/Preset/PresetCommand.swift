import ArgumentParser

struct PresetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preset", abstract: "Recipes for encoding.",
        subcommands: [PresetList.self, PresetShow.self, PresetValidate.self])
}
