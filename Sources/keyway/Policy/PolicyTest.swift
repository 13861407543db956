import Administration
import ArgumentParser
import ContentKeys
import Foundation
import KeyServer
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

    @Option(help: "aes, clearkey, widevine, playready or fairplay.")
    var delivery = KeyDeliveryType.aes

    @Option(help: "A file with the token; - for standard input.")
    var tokenFile: String?

    func run() async throws {
        guard KeyID(kid) != nil else { throw CommandFailure(.usage, "--kid is not a UUID: '\(kid)'") }
        guard IPAddress(ip) != nil else { throw CommandFailure(.usage, "--ip is not an address: '\(ip)'") }
        let token = try tokenFile.map { file in
            String(decoding: try SecretInput.read(file: file == "-" ? nil : file), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let report = try await common.perform(
            TestPolicy(keyId: kid, ip: ip, delivery: delivery.rawValue, token: token))
        try report.print(json: common.json)
        if !report.granted { throw ExitCode(CommandFailure.Code.notPermitted.rawValue) }
    }
}

extension TestPolicy.Report: Report {
    var text: String {
        let verdict =
            granted ? "granted by policy \(policy ?? "?"), option \(option ?? "?")" : "denied: \(reason ?? "?")"
        return DecisionStep.render(steps) + "\n\n" + verdict
    }
}
