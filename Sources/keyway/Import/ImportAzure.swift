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
            shown. With KEYWAY_URL the files are read here, and go to the server over a protected connection. Documentation/moving-from-azure-media-services.md says more.
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
        let report: ImportAzureExports.Report
        do {
            report = try await take(ExportFiles.sources(paths))
        } catch {
            if common.json, let refusal = OperatorError(meaning: error), refusal.isOfExports {
                try ImportRejection(applied: false, errors: refusal.fields.map(\.detail)).print(json: true)
            }
            throw error
        }
        try report.print(json: common.json)
        if report.strict { throw ExitCode(CommandFailure.Code.badData.rawValue) }
    }

    /// Here the bytes of keys never become a text. On their way to a server they are one, over a protected connection.
    private func take(_ sources: [ExportSource]) async throws -> ImportAzureExports.Report {
        guard CommonOptions.isRemote else {
            let installation = try await common.open()
            return try await installation.importOperation(by: Installation.localActor).take(
                sources, prefix: prefix, isDryRun: dryRun, isStrict: strict, keySetHosts: installation.keySetHosts,
                at: Date())
        }
        let size = sources.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
        guard size <= ImportAzureExports.mostBytes else {
            throw CommandFailure(
                .badData,
                "the exports have \((size + (1 << 20) - 1) >> 20) MiB, and a server takes "
                    + "\(ImportAzureExports.mostBytes >> 20) MiB at once: import the policies with a part of the keys at a "
                    + "time, or all of it at the server's machine, without KEYWAY_URL")
        }
        return try await common.perform(
            ImportAzureExports(sources, prefix: prefix, dryRun: dryRun, strict: strict))
    }
}

extension OperatorError {
    /// Whether it refuses what exports say, with every reason.
    fileprivate var isOfExports: Bool {
        code == .invalid && !fields.isEmpty && fields.allSatisfy { $0.field == "/files" }
    }
}

/// Why nothing was imported.
private struct ImportRejection: Report {
    var applied: Bool
    var errors: [String]
    var text: String { errors.joined(separator: "\n") }
}

extension ImportAzureExports.Report: Report {
    var text: String {
        let end =
            applied
            ? "applied" : strict ? "not applied: not everything is taken over (--strict)" : "not applied (dry run)"
        return (changes.map(\.description) + findings.map(\.description) + [end]).joined(separator: "\n")
    }
}
