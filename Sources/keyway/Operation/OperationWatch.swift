import Administration
import ArgumentParser
import KeyServer

struct OperationWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Wait for an operation's end, and say what came of it as the command that began it would.",
        discussion: """
            Ends with 0 when it finished, with 69 when it was canceled or its server ended, and otherwise with the code of the \
            command that began it: 65 for damage that a verification or a backup found, 73 and 74 as 'keyway backup'.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The operation's id.")
    var id: String

    func run() async throws {
        let interface = try await common.makeServerOperator()
        let begun = try await interface.perform(ShowOperation(id: id))
        let ended = try await FollowedOperation(interface, begun, isDrawn: common.drawsProgress).end()
        try OperationOutcome.print(ended, json: common.json)
    }
}

/// What came of an operation, in the words of its own command.
enum OperationOutcome {
    static func print(_ report: OperationReport, json: Bool) throws {
        switch report.kind {
        case .backup:
            if let result = report.result?.backup {
                return try BackupCommand.print(result, folder: report.subject ?? "", json: json)
            }
        case .kekRotation:
            if let result = report.result?.kekRotation { return try KEKRotate.print(result, json: json) }
        case .verification:
            if let result = report.result?.verification { return try AssetVerify.print(result, json: json) }
        }
        // Not for this role.
        try report.print(json: json)
    }
}
