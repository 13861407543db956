import Administration
import ArgumentParser
import KeyServer
import Policies

struct AccessPolicyCreate: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an access policy, or change the one of that name.",
        discussion: """
            What a change takes away is gone at once for locators that there are; a locator keeps the end that it has.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The policy's name.")
    var name: String

    @Option(help: "Of read, write, list and delete; several with commas.")
    var permissions: String

    @Option(help: "How long locators under it are open, as 12h.")
    var duration: String

    func verb() -> PutAccessPolicy {
        PutAccessPolicy(
            name: name, permissions: permissions.split(separator: ",").map(String.init), duration: duration)
    }
}

struct AccessPolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the access policies.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var policies: [AccessPolicyReport]
        var text: String { Table.render(AccessPolicyReport.heading, policies.map(\.row)) }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListAccessPolicies(after: $0) }
        try Answer(policies: pages.flatMap(\.policies)).print(json: common.json)
    }
}

struct AccessPolicyShow: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show an access policy.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The policy's name.")
    var name: String

    func verb() -> ShowAccessPolicy { ShowAccessPolicy(name: name) }
}

struct AccessPolicyDelete: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an access policy that no locator was made under.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The policy's name.")
    var name: String

    func verb() -> DeleteAccessPolicy { DeleteAccessPolicy(name: name) }
}

extension AccessPolicyReport: Report {
    static let heading = ["NAME", "PERMISSIONS", "DURATION", "LOCATORS"]
    var row: [String] { [name, permissions.joined(separator: ","), duration, "\(locators)"] }
    var text: String { Table.render(Self.heading, [row]) }
}
