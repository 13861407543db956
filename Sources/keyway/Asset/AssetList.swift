import Administration
import ArgumentParser
import Foundation
import KeyServer

struct AssetList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the assets.")

    @OptionGroup var common: CommonOptions

    @OptionGroup var page: PageOptions

    func verb() -> ListAssets { ListAssets(after: page.after, limit: page.limit) }
}

extension ListAssets.Report: Report {
    var text: String {
        Table.render(
            ["NAME", "VERSION", "CREATED"],
            assets.map { [$0.name, $0.version.map(String.init) ?? "-", $0.created.rfc3339] })
    }
}
