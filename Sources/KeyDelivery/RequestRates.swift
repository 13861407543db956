import BoundedMemory
import ContentKeys
import Policies

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
