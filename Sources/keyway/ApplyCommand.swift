import Adapters
import Administration
import ArgumentParser
import Foundation

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

    private struct Answer: Report {
        var changes: [PlannedChange]
        var applied: Bool
        var text: String {
            let lines = changes.map(\.description) + [applied ? "applied" : "not applied (dry run)"]
            return lines.joined(separator: "\n")
        }
    }

    func run() async throws {
        let installation = try await common.open()
        let changes = try await Self.apply(paths, to: installation, prune: prune, dryRun: dryRun)
        try Answer(changes: changes, applied: !dryRun).print(json: common.json)
    }

    /// Loads, validates all, and applies.
    static func apply(
        _ paths: [String], to installation: Installation, prune: Bool = false, dryRun: Bool = false
    ) async throws -> [PlannedChange] {
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.noInput, "there is no '\(path)'")
        }
        let loaded = DocumentLoader().load(paths)
        let reconciliation = Reconciliation(catalog: installation.catalog, makeKey: installation.contentKeyMaker)
        let plan = try await reconciliation.plan(DocumentSet(loaded.documents), prune: prune)
        let errors = (loaded.errors + plan.errors).sorted()
        guard errors.isEmpty else {
            throw CommandFailure(
                .badData, "\(DocumentsRejected(errors).description)\n\(errors.count) errors; nothing was changed")
        }
        if !dryRun { try await reconciliation.apply(plan, at: Date()) }
        return plan.changes
    }
}

extension Installation {
    /// How administration makes keys, without seeing their bytes.
    var contentKeyMaker: ContentKeyMaker {
        { type, keyID, name in try makeContentKey(type, keyID: keyID, name: name) }
    }
}
