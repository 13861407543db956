import Administration
import ArgumentParser
import Foundation
import KeyServer

struct PolicyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a policy or a filter as the document that declares it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The policy's name; of an asset's filter, ASSET/NAME.")
    var name: String

    private struct Answer: Report {
        var authorizationPolicy: AuthorizationPolicyForm?
        var deliveryPolicy: DeliveryPolicyForm?
        var filter: FilterForm?

        /// JSON is YAML: policies have more structure than columns can show.
        var text: String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let documents = [
                authorizationPolicy.flatMap { try? encoder.encode($0) },
                deliveryPolicy.flatMap { try? encoder.encode($0) }, filter.flatMap { try? encoder.encode($0) },
            ]
            return documents.compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }.joined(separator: "\n---\n")
        }
    }

    func run() async throws {
        let interface = try await common.makeOperator()
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        let filter = ShowFilter(name: parts.last ?? name, asset: parts.count == 2 ? parts[0] : nil)
        var answer = Answer(filter: try await interface.unlessMissing(filter))
        if parts.count == 1 {
            answer.authorizationPolicy = try await interface.unlessMissing(ShowAuthorizationPolicy(name: name))
            answer.deliveryPolicy = try await interface.unlessMissing(ShowDeliveryPolicy(name: name))
        }
        guard answer.authorizationPolicy != nil || answer.deliveryPolicy != nil || answer.filter != nil else {
            throw CommandFailure(.noInput, "there is no policy '\(name)'; 'keyway policy list' lists them")
        }
        try answer.print(json: common.json)
    }
}

extension OperatorInterface {
    /// A verb's report; nil when what it names is not there.
    func unlessMissing<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report? {
        do {
            return try await perform(verb)
        } catch let error as OperatorError where error.code == .missing {
            return nil
        }
    }
}
