import Adapters
import ArgumentParser
import Catalog
import Foundation
import Policies

struct LocatorList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the locators.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Only those of this asset.")
    var asset: String?

    private struct Answer: Report {
        struct Item: Encodable {
            var id: String
            var asset: String
            var deliveryPolicies: [String]
            var start: Date
            var end: Date
            var revoked: Bool
        }
        var locators: [Item]
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
        let locators = try await common.open().catalog.locators(asset: asset)
        try Answer(
            locators: locators.map {
                .init(
                    id: $0.id.description, asset: $0.asset, deliveryPolicies: $0.deliveryPolicies, start: $0.start,
                    end: $0.end, revoked: $0.isRevoked)
            }
        ).print(json: common.json)
    }
}
