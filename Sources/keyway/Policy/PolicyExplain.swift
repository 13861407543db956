import Administration
import ArgumentParser
import Foundation
import KeyServer

struct PolicyExplain: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Why a request for keys was allowed or refused, rule by rule.",
        discussion: "The request's id stands in the answer that the player got, and in the audit log.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The request's id.")
    var request: String

    func verb() -> ExplainRequest { ExplainRequest(requestId: request) }
}

extension ExplainRequest.Report: Report {
    var text: String { decisions.map(\.text).joined(separator: "\n\n") }
}

extension ExplainRequest.Decision {
    fileprivate var text: String {
        let facts: [(String, String?)] = [
            ("time", time.rfc3339), ("key", keyId), ("delivery", delivery), ("client", clientAddress),
            ("issuer", tokenIssuer), ("subject", tokenSubject), ("audit", "record \(sequence)"),
        ]
        let lines = facts.compactMap { name, value in
            value.map { name.padding(toLength: 10, withPad: " ", startingAt: 0) + Terminal.plain($0) }
        }
        return lines.joined(separator: "\n") + "\n\n" + DecisionStep.render(steps) + "\n\n" + verdict
    }

    private var verdict: String {
        granted
            ? "granted by policy \(policy ?? "?"), option \(option ?? "?")"
            : "denied: \(reason ?? "?")" + (policy.map { " (policy \($0))" } ?? "")
    }
}

extension DecisionStep {
    static func render(_ steps: [DecisionStep]) -> String {
        Table.render(
            ["OPTION", "CHECK", "HOLDS", "OUTCOME"],
            steps.map { [$0.option ?? "-", $0.check, $0.holds ? "yes" : "NO", Terminal.plain($0.outcome)] })
    }
}
