import Adapters
import ArgumentParser
import Catalog
import Policies

struct PolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the policies.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        struct Item: Encodable {
            var kind: String
            var name: String
            var summary: String
        }
        var policies: [Item]
        var text: String { Table.render(["KIND", "NAME", "RULES"], policies.map { [$0.kind, $0.name, $0.summary] }) }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        let authorization = try await catalog.authorizationPolicies().map { policy in
            Answer.Item(
                kind: "AuthorizationPolicy", name: policy.name,
                summary: policy.options.map { option in
                    let delivery = option.delivery.map(\.rawValue).sorted().joined(separator: ",")
                    return "\(option.name) (\(delivery))"
                }.joined(separator: " or "))
        }
        let delivery = try await catalog.deliveryPolicies().map { policy in
            Answer.Item(
                kind: "DeliveryPolicy", name: policy.name,
                summary: policy.protocols.map(\.rawValue).sorted().joined(separator: ",")
                    + " under \(policy.encryption.rawValue)")
        }
        try Answer(policies: authorization + delivery).print(json: common.json)
    }
}
