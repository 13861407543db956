import ArgumentParser

struct AccessPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access-policy",
        abstract: "Access policies: what may be done through locators, and for how long.",
        subcommands: [
            AccessPolicyCreate.self, AccessPolicyList.self, AccessPolicyShow.self, AccessPolicyDelete.self,
        ])
}
