import Adapters
import ArgumentParser
import Backups
import Catalog
import Foundation
import KeyServer

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a new data folder of a backup.",
        discussion: """
            The folder (--data, KEYWAY_DATA, default ./var) must not be there, or hold nothing but 'kek' with the \
            key-encryption keys from their own backup. Nothing counts before the end: an attempt that was interrupted goes on \
            when the command is run again. Works on the machine of the data folder only.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The backup: a folder that 'keyway backup' made.")
    var backup: String

    @Option(
        help: "A media folder that has the files, instead of the backup's own; they are linked where that can be.")
    var media: String?

    @Flag(help: "Restore although media is missing or damaged.")
    var force = false

    @Flag(
        help: """
            Bring media back to the storage accounts that it came from, into the folders that storage.accounts of the \
            configuration names, which must be empty: see first that their disks are mounted. Without it all media goes \
            into the data folder.
            """)
    var accounts = false

    private struct Restored: Report {
        var folder: String
        var backup: String
        var taken: Date
        var restored: Date
        var assets: Int
        var versions: Int
        var files: Int
        /// The storage accounts that media was brought to, besides the default one.
        var accounts: [String]
        /// Why what lay in others is in the default one.
        var movedAccounts: [String]
        var missing: [FileDefect]

        var text: String {
            var lines = [
                "restored backup \(backup) of \(taken.rfc3339) into '\(folder)'",
                CountText.text(assets, "asset") + ", " + CountText.text(versions, "version") + ", "
                    + CountText.text(files, "file"),
            ]
            if !accounts.isEmpty { lines.append("storage accounts: \(accounts.joined(separator: ", "))") }
            lines += movedAccounts.map { "into the default storage account: \($0)" }
            if !missing.isEmpty {
                lines.append("missing or damaged: \(CountText.text(missing.count, "file"))")
                lines += missing.prefix(20).map { "  \($0.description)" }
            }
            lines += [
                "what was done after \(taken.rfc3339) is not known here: take down, revoke and close again what was taken "
                    + "down, revoked or closed since",
                "tokens with a limit of uses that were issued before now are used up",
            ]
            return lines.joined(separator: "\n")
        }
    }

    func run() async throws {
        guard !CommonOptions.isRemote else {
            throw CommandFailure(
                .unavailable, "this verb works on the local data folder only, and KEYWAY_URL is set; unset KEYWAY_URL")
        }
        let configuration = try await common.configuration()
        let folders: [String: String] = configuration.storage.accounts.reduce(into: [:]) { $0[$1.name] = $1.folder }
        let bar = ProgressBar(label: "restoring", isDrawn: Terminal.isInteractive && !common.json)
        defer { bar.finish() }
        let outcome = try await BackupError.asFailure {
            try await Installation.restore(
                RestoreRequest(
                    backup: backup.withoutSlashes, dataFolder: common.dataFolder.withoutSlashes,
                    media: media?.withoutSlashes, isForced: force, actor: Installation.localActor,
                    accounts: accounts ? folders : nil),
                kek: configuration.kek, progress: { bar.show(done: $0, of: $1) })
        }
        bar.finish()
        let manifest = outcome.manifest
        try Restored(
            folder: common.dataFolder, backup: manifest.id, taken: manifest.taken, restored: outcome.restored,
            assets: manifest.assets, versions: manifest.versions, files: outcome.files, accounts: outcome.accounts,
            movedAccounts: outcome.movedAccounts, missing: outcome.defects
        ).print(json: common.json)
    }
}
