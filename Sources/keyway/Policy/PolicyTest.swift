import Adapters
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
import Policies

struct PolicyTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Would this request, from this address with this token, get this key, and why.",
        discussion: """
            The token is read from --token-file, or from standard input with --token-file -. Nothing is released and \
            nothing is written. Exit code 0 when the key would be released, 77 when not.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "The key that is asked for.")
    var kid: String

    @Option(help: "The client's address.")
    var ip = "127.0.0.1"

    @Option(help: "aes or clearkey.")
    var delivery = KeyDeliveryType.aes

    @Option(help: "A file with the token; - for standard input.")
    var tokenFile: String?

    private struct Answer: Report {
        struct Step: Encodable {
            var option: String?
            var check: String
            var holds: Bool
            var outcome: String
        }
        var granted: Bool
        var policy: String?
        var option: String?
        var reason: String?
        var steps: [Step]

        var text: String {
            let rows = steps.map { [$0.option ?? "-", $0.check, $0.holds ? "yes" : "NO", $0.outcome] }
            let verdict =
                granted
                ? "granted by policy \(policy ?? "?"), option \(option ?? "?")" : "denied: \(reason ?? "?")"
            return Table.render(["OPTION", "CHECK", "HOLDS", "OUTCOME"], rows) + "\n\n" + verdict
        }
    }

    func run() async throws {
        guard let keyID = KeyID(kid) else { throw CommandFailure(.badData, "--kid is not a UUID: '\(kid)'") }
        guard let address = IPAddress(ip) else { throw CommandFailure(.badData, "--ip is not an address: '\(ip)'") }
        let token = try tokenFile.map { file in
            String(decoding: try SecretInput.read(file: file == "-" ? nil : file), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let installation = try await common.open()
        let lookup = try await installation.catalog.keyLookup(keyID)
        let evaluation = AuthorizationEvaluator(verifier: installation.verifier).explain(
            keyID,
            in: KeyRequest(keyIDs: [keyID], delivery: delivery, credential: token, clientAddress: address),
            facts: lookup?.key.facts, policy: lookup?.policy, at: Date())
        let answer = Self.answer(evaluation)
        try answer.print(json: common.json)
        if !answer.granted { throw ExitCode(CommandFailure.Code.notPermitted.rawValue) }
    }

    private static func answer(_ evaluation: Evaluation) -> Answer {
        let steps = evaluation.steps.map {
            Answer.Step(option: $0.option, check: $0.check.rawValue, holds: $0.holds, outcome: $0.outcome)
        }
        switch evaluation.decision {
        case .granted(let grant):
            return Answer(granted: true, policy: grant.policy, option: grant.option, reason: nil, steps: steps)
        case .denied(let reason):
            return Answer(
                granted: false, policy: nil, option: reason.option, reason: reason.code.explanation, steps: steps)
        }
    }
}
