import Administration
import ArgumentParser

struct AssetFileDelete: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove an original, or end its upload; versions that were made of it stay.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    @Argument(help: "The file's name.")
    var file: String

    func verb() -> DeleteAssetFile { DeleteAssetFile(name: name, file: file) }
}
