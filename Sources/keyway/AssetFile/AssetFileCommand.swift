import ArgumentParser

struct AssetFileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "file", abstract: "Originals: files of an asset as somebody gave them, apart from its versions.",
        subcommands: [AssetFileAdd.self, AssetFileList.self, AssetFileDelete.self, AssetFileUploadKey.self])
}
