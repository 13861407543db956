public import Backups
import Catalog
import MediaStorage
import Synchronization

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

/// Takes backups of this process's data folder into the folder that the configuration names: one at a time, whoever asks,
/// and every one who asks sees how far it is.
public final class BackupDesk: Sendable {
    /// Makes a backup.
    public typealias Maker =
        @Sendable (_ order: BackupOrder, _ progress: (_ done: Int, _ total: Int) -> Void) async throws -> BackupOutcome

    private let make: Maker
    private let progress = Mutex(BackupProgress(state: .idle))

    public init(make: @escaping Maker) {
        self.make = make
    }

    /// How far the last one is.
    func current() -> BackupProgress { progress.withLock { $0 } }

    /// Starts one.
    ///
    /// - Throws: `OperatorError` while another one is made.
    func start(_ order: BackupOrder) throws -> BackupProgress {
        let now = try progress.withLock { progress in
            guard progress.state != .running else {
                throw OperatorError(
                    .conflict, "backup '\(progress.name ?? "")' is being made: wait until it has ended")
            }
            progress = BackupProgress(state: .running, id: order.id, name: order.name)
            return progress
        }
        Task { await run(order) }
        return now
    }

    private func run(_ order: BackupOrder) async {
        do {
            let outcome = try await make(order) { done, total in
                progress.withLock { ($0.done, $0.total) = (done, total) }
            }
            progress.withLock { progress in
                progress.state = .finished
                progress.manifest = outcome.manifest
                progress.unchanged = outcome.unchanged
                progress.defects = outcome.defects
            }
        } catch {
            progress.withLock { progress in
                progress.state = .failed
                progress.errorCode = (error as? BackupError)?.code.rawValue
                progress.error = OperatorError(meaning: error)?.message ?? "\(error)"
            }
        }
    }
}

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
