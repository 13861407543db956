import Synchronization

/// Follows the log of changes, so that what is kept in memory is right: every change of any process is heard within a
/// fraction of a second, and whoever keeps something asks `isFresh` before using it.
///
/// `run` is to be started once; until then, and whenever the catalog does not answer, nothing is fresh and everybody
/// reads the catalog itself.
public final class CatalogWatch: Sendable {
    /// Called with each batch of notices; nil: forget everything.
    public typealias Listener = @Sendable ([CatalogNotice]?) -> Void

    private struct State {
        var listeners: [Listener] = []
        var sequence: Int64?
    }

    /// How often the log is read.
    public static let interval = Duration.milliseconds(50)
    /// How old the last reading may be: with the interval and the reading itself well below the second within which a
    /// change must be in force.
    static let longestSilence = Duration.milliseconds(600)

    private let catalog: any CatalogEngine
    private let state = Mutex(State())
    /// Nanoseconds on the continuous clock, from `origin`, until which the last reading is fresh.
    private let freshUntil = Atomic<Int64>(0)
    private let origin = ContinuousClock.now

    public init(catalog: any CatalogEngine) {
        self.catalog = catalog
    }

    /// Tells of changes from now on. Call before `run`.
    public func listen(_ listener: @escaping Listener) {
        state.withLock { $0.listeners.append(listener) }
    }

    /// Whether everything that was committed up to a moment ago has been heard of.
    public var isFresh: Bool {
        elapsed(at: .now) < freshUntil.load(ordering: .acquiring)
    }

    /// Follows until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            await look()
            try? await Task.sleep(for: Self.interval)
        }
        freshUntil.store(0, ordering: .releasing)
    }

    /// Reads the log once. A failure leaves the last reading to grow old.
    public func look() async {
        // Before the reading: a commit after this moment may not be in it.
        let asked = ContinuousClock.now
        let last = state.withLock { $0.sequence }
        guard let news = try? await catalog.notices(after: last ?? 0) else { return }
        let listeners = state.withLock { state in
            state.sequence = news.sequence
            return state.listeners
        }
        if last == nil {
            for listener in listeners { listener(nil) }
        } else if news.notices?.isEmpty != true {
            for listener in listeners { listener(news.notices) }
        }
        freshUntil.store(elapsed(at: asked + Self.longestSilence), ordering: .releasing)
    }

    private func elapsed(at instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - origin).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
