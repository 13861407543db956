public import Backups
import Catalog
import MediaStorage

/// What somebody asks a server to back up.
public struct BackupOrder: Sendable, Hashable {
    /// Of the backup, in the folder of backups.
    public var name: String
    /// Whether media files are copied, too.
    public var media: Bool
    /// An earlier one there, whose files are linked where they are unchanged.
    public var base: String?
    /// Of the backup to be, and of its making.
    public var id: String
    /// For the audit log.
    public var actor: String
}

/// Makes a backup of this process's data folder in the folder that the configuration names.
public typealias BackupMaker =
    @Sendable (_ order: BackupOrder, _ progress: (_ done: Int, _ total: Int) -> Void) async throws -> BackupOutcome

/// How far a backup is, and how it ended.
public struct BackupProgress: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// This process has made none.
        case idle
        case running
        case finished
        case failed
    }

    public var state: State
    /// Of the backup, also in its manifest.
    public var id: String?
    public var name: String?
    /// Asset versions and originals.
    public var done = 0
    public var total = 0
    /// What the backup says of itself, once it is there.
    public var manifest: BackupManifest?
    /// Of versions and originals, how many were not copied again.
    public var unchanged: Int?
    /// Media of the site that was missing or damaged.
    public var defects: [FileDefect]?
    /// Why it failed.
    public var errorCode: String?
    public var error: String?
}

extension BackupProgress {
    /// As it was told before there were operations: one that was canceled failed.
    init(_ entry: OperationDesk.Entry) {
        let report = entry.report
        state =
            switch report.state {
            case .running: .running
            case .finished: .finished
            case .error, .canceled: .failed
            }
        (id, name) = (report.id, report.subject)
        (done, total) = (Int(clamping: entry.done), Int(clamping: entry.total))
        manifest = report.result?.backup?.manifest
        unchanged = report.result?.backup?.unchanged
        defects = report.result?.backup?.defects
        errorCode = (entry.failure as? BackupError)?.code.rawValue
        error = report.state == .canceled ? "the backup was canceled" : report.error
    }
}
