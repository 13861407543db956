import Adapters
import Administration
import ArgumentParser
import Catalog
import Diagnosis
import Foundation
import KeyServer

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at everything that may be wrong, and say what to do.",
        discussion: """
            Works while servers run, and changes nothing. Each finding is ok, a warning or an error; the exit code is 65 when \
            one is an error. Over KEYWAY_URL the server examines its machine and its data folder, with the configuration that it \
            runs with (role operator).
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Ask servers elsewhere, too: licence servers, issuers, a transit engine.")
    var network = false

    @Option(help: "How many of the newest audit records are checked; 'keyway audit verify' checks all.")
    var auditRecords = Diagnose.defaultAuditRecords

    @Flag(help: "Do not list what is as it should be.")
    var quiet = false

    func validate() throws {
        guard auditRecords >= 0 else { throw ValidationError("--audit-records is a number from 0 on") }
    }

    func run() async throws {
        var report = try await CommonOptions.isRemote ? examineServer() : examineFolder()
        if quiet { report.findings.removeAll { $0.state == Finding.State.ok.rawValue } }
        try report.print(json: common.json)
        guard report.state != Finding.State.error.rawValue else {
            throw ExitCode(CommandFailure.Code.badData.rawValue)
        }
    }

    /// The server at `KEYWAY_URL` examines itself.
    private func examineServer() async throws -> Diagnose.Report {
        try await common.perform(Diagnose(network: network, auditRecords: auditRecords))
    }

    private func examineFolder() async throws -> Diagnose.Report {
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
        return Diagnose.Report(dataFolder: common.dataFolder, findings)
    }
}

extension Diagnose.Report: Report {
    var text: String {
        let lines = findings.map { finding in
            let action = finding.action.map { "\n         → \($0)" } ?? ""
            return "\(finding.state.padding(toLength: 8, withPad: " ", startingAt: 0)) "
                + "\(finding.check): \(finding.text)\(action)"
        }
        return (lines + ["\(count(.error, "error")), \(count(.warning, "warning"))"]).joined(separator: "\n")
    }

    private func count(_ state: Finding.State, _ one: String) -> String {
        CountText.text(findings.count { $0.state == state.rawValue }, one)
    }
}
