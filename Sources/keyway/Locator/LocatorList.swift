import Administration
import ArgumentParser
import Foundation
import KeyServer

struct LocatorList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the locators.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Only those of this asset.")
    var asset: String?

    private struct Answer: Report {
        var locators: [ListLocators.Item]
        var text: String {
            Table.render(
                ["LOCATOR", "ASSET", "DELIVERY POLICIES", "FROM", "UNTIL", "STATE"],
                locators.map {
                    [
                        $0.id, $0.asset, $0.deliveryPolicies.joined(separator: ","), $0.start.rfc3339, $0.end.rfc3339,
                        $0.revoked ? "revoked" : "valid",
                    ]
                })
        }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListLocators(asset: asset, after: $0) }
        try Answer(locators: pages.flatMap(\.locators)).print(json: common.json)
    }
}
