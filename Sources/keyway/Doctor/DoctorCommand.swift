import Adapters
import ArgumentParser
import Diagnosis
import Foundation
import KeyServer

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at everything that may be wrong, and say what to do.",
        discussion: """
            Works while servers run, and changes nothing. Each finding is ok, a warning or an error; the exit code is 65 when \
            one is an error. Works on the machine of the data folder only.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Ask servers elsewhere, too: licence servers, issuers, a transit engine.")
    var network = false

    @Option(help: "How many of the newest audit records are checked; 'keyway audit verify' checks all.")
    var auditRecords = 10_000

    @Flag(help: "Do not list what is as it should be.")
    var quiet = false

    private struct Diagnosed: Report {
        var dataFolder: String
        var state: Finding.State
        var findings: [Finding]

        var text: String {
            let lines = findings.map { finding in
                let action = finding.action.map { "\n         → \($0)" } ?? ""
                return "\(finding.state.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) "
                    + "\(finding.check): \(finding.text)\(action)"
            }
            let (errors, warnings) = (count(.error), count(.warning))
            return (lines + ["\(errors) errors, \(warnings) warnings"]).joined(separator: "\n")
        }

        private func count(_ state: Finding.State) -> Int { findings.count { $0.state == state } }
    }

    func validate() throws {
        guard auditRecords >= 0 else { throw ValidationError("--audit-records is a number from 0 on") }
    }

    func run() async throws {
        guard !CommonOptions.isRemote else {
            throw CommandFailure(
                .unavailable, "this verb works on the local data folder only, and KEYWAY_URL is set; unset KEYWAY_URL")
        }
        let loaded: Result<ServiceConfiguration, any Error>
        do {
            loaded = .success(try await common.configuration())
        } catch {
            loaded = .failure(error)
        }
        let findings = await Examination(
            dataFolder: common.dataFolder, encoder: Installation.encoderPath, asksServers: network,
            auditRecords: auditRecords
        ).run(loaded)
        let state = findings.map(\.state).max() ?? .ok
        try Diagnosed(
            dataFolder: common.dataFolder, state: state, findings: findings.filter { !quiet || $0.state != .ok }
        ).print(json: common.json)
        guard state != .error else { throw ExitCode(CommandFailure.Code.badData.rawValue) }
    }
}
