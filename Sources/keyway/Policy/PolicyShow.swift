import Adapters
import ArgumentParser
import Catalog
import Foundation
import Policies

struct PolicyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a policy as it is stored.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The policy's name.")
    var name: String

    private struct Answer: Report {
        var authorizationPolicy: AuthorizationPolicy?
        var deliveryPolicy: DeliveryPolicy?

        /// The stored document: policies have more structure than columns can show.
        var text: String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? name
        }

        private var name: String { authorizationPolicy?.name ?? deliveryPolicy?.name ?? "" }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        let answer = Answer(
            authorizationPolicy: try await catalog.authorizationPolicy(named: name),
            deliveryPolicy: try await catalog.deliveryPolicy(named: name))
        guard answer.authorizationPolicy != nil || answer.deliveryPolicy != nil else {
            throw CommandFailure(.noInput, "there is no policy '\(name)'; 'keyway policy list' lists them")
        }
        try answer.print(json: common.json)
    }
}
