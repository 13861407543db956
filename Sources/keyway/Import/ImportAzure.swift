import Adapters
import Administration
import ArgumentParser
import AzureImport
import ContentKeys
import Foundation
import KeyServer

struct ImportAzure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "azure",
        abstract:
            "Import policies, secrets and content keys that Azure Media Services exported: all of them or nothing.",
        discussion: """
            Takes JSON and XML of both APIs in any mix, told apart by what is in them. Whatever has no equivalent here is \
            reported with its file and place; what would allow more here than it did there is left out. No secret is \
            shown. Works on the local data folder. Documentation/moving-from-azure-media-services.md says more.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Files of exports, or folders of them.")
    var paths: [String]

    @Flag(help: "Show what would be made and change nothing.")
    var dryRun = false

    @Option(help: "Stands before the name of everything that is made.")
    var prefix = ""

    @Flag(help: "Import nothing, and end with code 65, when anything is not taken over.")
    var strict = false

    func run() async throws {
        guard AzureImport.isPrefix(prefix) else {
            throw CommandFailure(
                .usage, "--prefix is at most 32 of letters, digits, '.', '_' and '-', and does not start with '.'")
        }
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.noInput, "there is no '\(path)'")
        }
        do {
            try await importAll()
        } catch let error as ImportRejected where common.json {
            try ImportRejection(applied: false, errors: error.reasons).print(json: true)
            throw error
        }
    }

    private func importAll() async throws {
        let installation = try await common.open()
        let now = Date()
        let items = AzureImport.read(ExportFiles.sources(paths), prefix: prefix)
        let operation = installation.importOperation
        let plan = try await operation.plan(items, keySetHosts: installation.keySetHosts, at: now)
        let isRefused = strict && plan.losesSomething
        let applies = !dryRun && !isRefused
        if applies || !plan.contradictions.isEmpty { try await operation.apply(plan) }
        try ImportReport(
            changes: plan.changes, findings: plan.findings, applied: applies, strict: isRefused
        ).print(json: common.json)
        if isRefused { throw ExitCode(CommandFailure.Code.badData.rawValue) }
    }
}

/// Why nothing was imported.
private struct ImportRejection: Report {
    var applied: Bool
    var errors: [String]
    var text: String { errors.joined(separator: "\n") }
}

/// What an import made, and what it did not.
struct ImportReport: Report {
    var changes: [ImportedChange]
    var findings: [ImportFinding]
    var applied: Bool
    /// Whether `--strict` stopped it.
    var strict: Bool

    var text: String {
        let end =
            applied
            ? "applied" : strict ? "not applied: not everything is taken over (--strict)" : "not applied (dry run)"
        return (changes.map(\.description) + findings.map(\.description) + [end]).joined(separator: "\n")
    }
}

extension Installation {
    /// How things from elsewhere come into this data folder.
    fileprivate var importOperation: ImportOperation {
        ImportOperation(
            catalog: catalog, material: keyMaterial, makeSecret: { try makeSecret(named: $0, value: $1) },
            compareSecret: { name, value in try compareSecret(name, value) }, actor: Self.localActor)
    }

    private func compareSecret(_ name: String, _ value: ZeroedBytes) throws -> Bool? {
        try withSecret(named: name) { stored in
            value.withUnsafeBytes { value in
                stored.count == value.count && zip(stored, value).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
            }
        }
    }
}
