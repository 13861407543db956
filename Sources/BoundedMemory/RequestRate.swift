import Synchronization

/// Counts requests by who they are of: the generic cell rate algorithm, with a burst of two seconds' worth.
///
/// Bounded: whoever is forgotten starts anew, which errs on the client's side.
public final class RequestRate<Subject: Hashable & Sendable>: Sendable {
    /// Most subjects that are remembered.
    private static var capacity: Int { 200_000 }

    private let interval: Duration
    private let burst: Duration
    /// When each subject's bucket is empty again.
    private let times = Mutex(TwoAges<Subject, ContinuousClock.Instant>(capacity: capacity))

    /// - Parameter perSecond: above 0.
    public init(perSecond: Int) {
        interval = .seconds(1) / max(perSecond, 1)
        burst = .seconds(2)
    }

    /// Counts a request; the time to wait when there were too many.
    ///
    /// - Parameter units: how many requests it counts as; who asked for nothing lately may have more than the burst at once.
    public func count(_ subject: Subject, units: Int = 1, at now: ContinuousClock.Instant) -> Duration? {
        let cost = interval * max(units, 0)
        return times.withLock { times in
            let empty = max(times.value(of: subject) ?? now, now)
            guard empty - now <= burst - cost || empty == now else {
                return min(empty - now, empty - now - burst + cost)
            }
            times.keep(empty + cost, as: subject)
            return nil
        }
    }
}
