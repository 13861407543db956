import BoundedMemory
import ContentKeys
import Policies
import Synchronization

/// How many key requests a second are answered for one client address, one token's subject, one key. Nil: any number.
public struct RateLimits: Sendable, Hashable {
    public var address: Int?
    public var subject: Int?
    public var key: Int?

    public init(address: Int? = nil, subject: Int? = nil, key: Int? = nil) {
        self.address = address
        self.subject = subject
        self.key = key
    }
}

/// Counts requests by who they are of: the generic cell rate algorithm, with a burst of two seconds' worth.
///
/// Bounded: whoever is forgotten starts anew, which errs on the client's side.
final class RequestRate<Subject: Hashable & Sendable>: Sendable {
    /// Most subjects that are remembered.
    private static var capacity: Int { 200_000 }

    private let interval: Duration
    private let burst: Duration
    /// When each subject's bucket is empty again.
    private let times = Mutex(TwoAges<Subject, ContinuousClock.Instant>(capacity: capacity))

    /// - Parameter perSecond: above 0.
    init(perSecond: Int) {
        interval = .seconds(1) / max(perSecond, 1)
        burst = .seconds(2)
    }

    /// Counts a request; the time to wait when there were too many.
    func count(_ subject: Subject, at now: ContinuousClock.Instant) -> Duration? {
        times.withLock { times in
            let empty = max(times.value(of: subject) ?? now, now)
            guard empty - now <= burst - interval || empty == now else { return empty - now - burst + interval }
            times.keep(empty + interval, as: subject)
            return nil
        }
    }
}

/// A request beyond a rate, that is refused before anything is looked up for it.
struct RateExcess: Sendable, Hashable {
    /// What there were too many requests of.
    enum Subject: Sendable, Hashable {
        /// A client: see `IPAddress.site`.
        case address(IPAddress)
        case key(KeyID)
    }

    var subject: Subject
    /// When to ask again.
    var wait: Duration
}

/// The rates of one service.
struct RequestRates: Sendable {
    private let address: RequestRate<IPAddress>?
    private let subject: RequestRate<Exact<[String]>>?
    private let key: RequestRate<KeyID>?

    var countsSubjects: Bool { subject != nil }

    init(_ limits: RateLimits) {
        address = limits.address.map { RequestRate(perSecond: $0) }
        subject = limits.subject.map { RequestRate(perSecond: $0) }
        key = limits.key.map { RequestRate(perSecond: $0) }
    }

    /// Counts a request before anything is looked up for it; not nil when there were too many.
    func count(_ request: KeyRequest, at now: ContinuousClock.Instant) -> RateExcess? {
        if let address, let wait = address.count(request.clientAddress.site, at: now) {
            return RateExcess(subject: .address(request.clientAddress.site), wait: wait)
        }
        guard let key else { return nil }
        return request.keyIDs.lazy.compactMap { keyID in
            key.count(keyID, at: now).map { RateExcess(subject: .key(keyID), wait: $0) }
        }.max { $0.wait < $1.wait }
    }

    /// Counts a grant by the subject of its token.
    func count(_ grant: Grant, at now: ContinuousClock.Instant) -> Duration? {
        guard let subject, let token = grant.token, let name = token.subject else { return nil }
        return subject.count(Exact([token.issuer, name]), at: now)
    }
}

extension IPAddress {
    /// What one client has: an IPv4 address, or the /64 of IPv6 within which it can change addresses as it likes.
    fileprivate var site: IPAddress {
        guard bytes.count == 16 else { return self }
        return IPAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8)) ?? self
    }
}
