import Administration
import ArgumentParser
import Catalog

struct AssetFileList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the originals of an asset.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    func verb() -> ListAssetFiles { ListAssetFiles(name: name) }
}

extension ListAssetFiles.Report: Report {
    var text: String {
        Table.render(
            ["FILE", "STATE", "CHECKS", "BYTES", "TYPE", "SHA-256", "REASON"],
            files.map {
                [$0.name, $0.state, $0.checks ?? "-", "\($0.size)", $0.contentType, $0.sha256 ?? "-", $0.reason ?? "-"]
            })
    }
}

extension AssetFileReport: Report {
    var text: String {
        "\(asset)/\(name): \(CountText.text(size, "byte")), \(state)" + (reason.map { ": \($0)" } ?? "")
            + (sha256.map { "\nsha256 \($0)" } ?? "")
    }
}
