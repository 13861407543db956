import Administration
import ArgumentParser
import Catalog
import KeyServer

struct AuditCheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Print the latest signed checkpoint as JSON: keep it where nobody of this machine can change it.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Sign first what was written since the latest one.")
    var sign = false

    func run() async throws {
        let interface = try await common.makeOperator()
        let checkpoint =
            if sign { try await interface.perform(SignAudit()) } else { try await interface.perform(ShowCheckpoint()) }
        try checkpoint.print(json: common.json)
    }
}

extension AuditCheckpoint: Report {
    var text: String { line }
}
