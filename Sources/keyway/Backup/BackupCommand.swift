import Adapters
import Administration
import ArgumentParser
import Backups
import Catalog
import Foundation
import KeyServer

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Back up the data folder, while servers and jobs run.",
        discussion: """
            The backup holds the catalog with all wrapped keys and secrets, and a list of all media files and originals; with \
            --media the files, too. It does not hold the key-encryption keys: keep those elsewhere. An attempt that was \
            interrupted goes on when the command is run again. Over KEYWAY_URL the server takes it, into the folder that its \
            backups.folder names, where the backup and --base are names; it goes on when this command is interrupted.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The folder to make; its parent must be there. Over KEYWAY_URL, its name.")
    var folder: String

    @Flag(help: "Copy the media files, too.")
    var media = false

    @Option(
        help: "An earlier backup with media on the same file system: files that are unchanged are linked, not copied.")
    var base: String?

    private struct Made: Report {
        var folder: String
        var manifest: BackupManifest
        var unchanged: Int
        var defects: [FileDefect]

        private enum CodingKeys: String, CodingKey {
            case folder, manifest, unchanged, defects
        }

        var text: String {
            let keks = manifest.keks.filter(\.isNeeded).map { "\($0.version) (\($0.provider))" }
            let media =
                manifest.hasMedia
                ? "with media, \(CountText.text(unchanged, "version or original", "versions and originals")) of it unchanged"
                : "without media: keep the media folder's own copies, or give --media"
            return """
                backup \(manifest.id) of \(manifest.taken.rfc3339) in '\(folder)'
                \(CountText.text(manifest.assets, "asset")), \(CountText.text(manifest.versions, "version")), \
                \(CountText.text(manifest.originals ?? 0, "original")), \(CountText.text(manifest.files, "file")) of \
                \(manifest.bytes) bytes; \
                \(media)
                not in it, and needed to restore it: key-encryption key version \(keks.joined(separator: ", ")); the \
                configuration; certificates
                """
        }
    }

    func run() async throws {
        guard base == nil || media else { throw CommandFailure(.usage, "--base is for backups with --media") }
        if CommonOptions.isRemote { return try await takeThere() }
        let bar = ProgressBar(label: "backing up", isDrawn: common.drawsProgress)
        defer { bar.finish() }
        let outcome = try await take(bar)
        bar.finish()
        try Self.print(BackupResult(outcome), folder: folder, json: common.json)
    }

    /// - Throws: `CommandFailure` when media was missing or damaged.
    static func print(_ result: BackupResult, folder: String, json: Bool) throws {
        try Made(
            folder: folder, manifest: result.manifest, unchanged: result.unchanged, defects: result.defects
        ).print(json: json)
        guard result.defects.isEmpty else {
            throw CommandFailure(
                .badData,
                (["the backup is complete, and these media files were missing or damaged when it was made:"]
                    + result.defects.prefix(20).map { "  \($0.description)" }).joined(separator: "\n"))
        }
    }

    /// By a server, for itself.
    private func takeThere() async throws {
        let interface = try await common.makeOperator()
        let begun = try await interface.begin(TakeBackup(name: folder, media: media, base: base))
        let ended = try await FollowedOperation(interface, begun, isDrawn: common.drawsProgress).end()
        try OperationOutcome.print(ended, json: common.json)
    }

    /// On the machine of the data folder.
    private func take(_ bar: ProgressBar) async throws -> BackupOutcome {
        let configuration = try await common.configuration()
        let installation = try await common.open()
        return try await BackupError.asFailure {
            try await installation.backUp(
                BackupRequest(
                    target: folder.withoutSlashes, media: media, base: base?.withoutSlashes, program: Version.text,
                    configuration: configuration.fieldsSet, id: UUID().uuidString.lowercased(), taken: Date()),
                actor: Installation.localActor
            ) { bar.show(done: $0, of: $1) }
        }
    }
}

extension CommandFailure.Code {
    init(_ code: BackupError.Code) {
        self =
            switch code {
            case .missing: .noInput
            case .damaged, .newer, .incomplete: .badData
            case .occupied, .cannotCreate: .cannotCreate
            case .busy: .unavailable
            case .inputOutput: .inputOutput
            }
    }
}

extension BackupError {
    /// Says a backup's error with its exit code.
    static func asFailure<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as BackupError {
            throw CommandFailure(CommandFailure.Code(error.code), error.description)
        }
    }
}

extension String {
    /// A folder's path without slashes at its end.
    var withoutSlashes: String {
        var path = self[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        return String(path)
    }
}
