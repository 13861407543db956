import Administration
import ArgumentParser
import Catalog
import KeyServer

struct AssetDelete: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove an asset for good: its versions, originals, locators and storage key.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    @Flag(help: "Also while it is published.")
    var force = false

    func verb() -> DeleteAsset { DeleteAsset(name: name, force: force ? true : nil) }
}

extension DeleteAsset.Report: Report {
    var text: String {
        "asset \(name) deleted, with \(CountText.text(versions, "version")), \(CountText.text(files, "file")) and "
            + "\(CountText.text(locators, "locator"))\n\(purge.text)"
    }
}
