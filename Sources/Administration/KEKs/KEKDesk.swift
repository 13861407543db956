public import Catalog
import ContentKeys
import Synchronization

/// Rotates the key-encryption keys of this process's data folder: one run at a time, whoever asks, and every one who asks
/// sees how far it is.
public final class KEKDesk: Sendable {
    private let catalog: any CatalogEngine
    let keeper: any KEKKeeper
    private let progress = Mutex(KEKRotationProgress(state: .idle))

    public init(catalog: any CatalogEngine, keeper: any KEKKeeper) {
        self.catalog = catalog
        self.keeper = keeper
    }

    /// How far the last run is.
    func current() -> KEKRotationProgress { progress.withLock { $0 } }

    /// Starts a run, unless one is under way.
    func start(actor: String) -> KEKRotationProgress {
        let (isFirst, now) = progress.withLock { progress in
            if progress.state == .running { return (false, progress) }
            progress = KEKRotationProgress(state: .running)
            return (true, progress)
        }
        if isFirst { Task { await run(actor) } }
        return now
    }

    private func run(_ actor: String) async {
        do {
            let outcome = try await KEKRotation(catalog: catalog, keeper: keeper, actor: actor).rotate { done, total in
                progress.withLock { ($0.done, $0.total) = (done, total) }
            }
            progress.withLock { progress in
                progress.state = .finished
                progress.version = outcome.version.rawValue
                progress.isNew = outcome.isNew
                progress.rewrapped = outcome.rewrapped
                progress.remaining = outcome.remaining
                progress.failures = outcome.failures
            }
        } catch {
            progress.withLock { progress in
                progress.state = .failed
                progress.error = OperatorError(meaning: error)?.message ?? "\(error)"
            }
        }
    }
}

/// How far a rotation is, and how it ended.
public struct KEKRotationProgress: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// This process has not rotated.
        case idle
        case running
        case finished
        case failed
    }

    public var state: State
    public var done = 0
    public var total = 0
    /// The version that everything is wrapped under, once it is known.
    public var version: Int?
    /// False when a rotation that was under way was continued.
    public var isNew: Bool?
    public var rewrapped: Int?
    /// How much is left under older versions.
    public var remaining: Int?
    /// What does not open: the first ones, in words.
    public var failures: [String]?
    /// Why it failed.
    public var error: String?
}
