import Administration
import ArgumentParser
import Catalog

struct PolicyValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check documents, and that what they refer to is there; changes nothing.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "YAML files, or folders of them.")
    var paths: [String]

    private struct Answer: Report {
        var valid = true
        var documents: Int
        var text: String { "valid: \(CountText.text(documents, "document"))" }
    }

    private struct Rejection: RejectionReport {
        var valid: Bool
        var errors: [DocumentFinding]
    }

    func run() async throws {
        let files = try ApplyCommand.sources(paths)
        let report = try await Rejection.printed(json: common.json) {
            Rejection(valid: false, errors: $0)
        } of: {
            try await common.perform(ApplyDocuments(files: files, prune: false, dryRun: true))
        }
        try Answer(documents: report.changes.count).print(json: common.json)
    }
}
