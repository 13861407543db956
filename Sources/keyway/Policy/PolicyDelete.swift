import Administration
import ArgumentParser
import KeyServer

struct PolicyDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a policy that nothing uses.")

    enum Kind: String, ExpressibleByArgument {
        case authorization, delivery
    }

    @OptionGroup var common: CommonOptions

    @Argument(help: "The policy's name.")
    var name: String

    @Option(help: "authorization or delivery; needed only when both have a policy of this name.")
    var kind: Kind?

    func run() async throws {
        let interface = try await common.makeOperator()
        var kind = kind
        if kind == nil { kind = try await onlyKind(interface) }
        let deletion =
            kind == .delivery
            ? try await interface.perform(DeleteDeliveryPolicy(name: name))
            : try await interface.perform(DeleteAuthorizationPolicy(name: name))
        try deletion.print(json: common.json)
    }

    private func onlyKind(_ interface: any OperatorInterface) async throws -> Kind {
        let authorization = try await interface.unlessMissing(ShowAuthorizationPolicy(name: name)) != nil
        let delivery = try await interface.unlessMissing(ShowDeliveryPolicy(name: name)) != nil
        switch (authorization, delivery) {
        case (true, false): return .authorization
        case (false, true): return .delivery
        case (true, true):
            throw CommandFailure(.badData, "two policies are named '\(name)': say --kind authorization or delivery")
        case (false, false):
            throw CommandFailure(.noInput, "there is no policy '\(name)'; 'keyway policy list' lists them")
        }
    }
}

extension PolicyDeletion: Report {
    var text: String { "deleted \(kind) \(name)" }
}
