import ArgumentParser

struct AssetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asset", abstract: "Assets: what is owned.",
        subcommands: [
            AssetList.self, AssetShow.self, AssetUpload.self, AssetVersions.self, AssetRollback.self,
            AssetTakedown.self, AssetRestore.self, AssetCreate.self, AssetDelete.self, AssetVerify.self,
            AssetDownload.self, AssetFileCommand.self,
        ])
}
