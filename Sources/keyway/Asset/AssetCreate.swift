import Administration
import ArgumentParser
import KeyServer

struct AssetCreate: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an asset without media, for originals to be sent into.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    @Option(help: "The storage account that its files go to (default: one by weight).")
    var account: String?

    func verb() -> CreateAsset { CreateAsset(name: name, account: account) }
}

extension CreateAsset.Report: Report {
    var text: String { "asset \(name) made in storage account \(storageAccount)" }
}
