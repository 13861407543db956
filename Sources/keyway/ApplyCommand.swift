import Administration
import ArgumentParser
import Foundation
import KeyServer

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Bring the catalog to what documents declare: all of them in one transaction, or nothing.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "YAML files, or folders of them.")
    var paths: [String]

    @Flag(help: "Show what would change and change nothing.")
    var dryRun = false

    @Flag(help: "Remove policies that no document declares.")
    var prune = false

    func run() async throws {
        let files = try Self.sources(paths)
        try await Rejection.printed(json: common.json) {
            Rejection(applied: false, errors: $0)
        } of: {
            try await common.perform(ApplyDocuments(files: files, prune: prune, dryRun: dryRun))
        }.print(json: common.json)
    }

    private struct Rejection: RejectionReport {
        var applied: Bool
        var errors: [DocumentFinding]
    }

    /// The documents of files and folders, to be validated by whoever applies them.
    static func sources(_ paths: [String]) throws -> [DocumentSource] {
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.noInput, "there is no '\(path)'")
        }
        return DocumentLoader().sources(paths)
    }
}

extension ApplyDocuments.Report: Report {
    var text: String {
        let lines = changes.map(\.description) + [applied ? "applied" : "not applied (dry run)"]
        return lines.joined(separator: "\n")
    }
}
