import ArgumentParser

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Content keys: made, searched, rotated, deleted; shown only by export.",
        subcommands: [
            KeyCreate.self, KeyImport.self, KeyExport.self, KeyList.self, KeyShow.self, KeyEnable.self,
            KeyDisable.self, KeyRotate.self, KeyDelete.self, KeyRestore.self, KeySeedCommand.self,
        ])
}
