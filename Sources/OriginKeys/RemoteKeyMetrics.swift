import CoreMetrics

/// What an origin that runs alone counts of its questions to the key service.
struct RemoteKeyMetrics: Sendable {
    private static let label = "keyway_origin_key_requests_total"
    private let released = Self.counter("released")
    private let confirmed = Self.counter("confirmed")
    private let denied = Self.counter("denied")
    private let away = Self.counter("away")
    private let notEnrolled = Self.counter("notEnrolled")
    private let unreadable = Self.counter("unreadable")
    /// Requests that were told at once to come again.
    private let short = Self.counter("notAsked")
    private let held = Gauge(label: "keyway_origin_keys_held")
    private let isUp = Gauge(label: "keyway_origin_key_service_up")
    private let time = Timer(label: "keyway_origin_key_request_seconds")

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: label, dimensions: [("outcome", outcome)])
    }

    func answered(_ answer: KeyAnswer) {
        switch answer {
        case .released: released.increment()
        case .confirmed: confirmed.increment()
        case .denied: denied.increment()
        }
    }

    func answered(after elapsed: Duration) {
        isUp.record(1)
        time.recordNanoseconds(Int64(elapsed / .nanoseconds(1)))
    }

    func failed(_ failure: KeyServiceFailure) {
        isUp.record(0)
        switch failure {
        case .away, .untrusted: away.increment()
        case .notEnrolled: notEnrolled.increment()
        case .unreadable: unreadable.increment()
        }
    }

    func wasShort() { short.increment() }
    func holds(_ count: Int) { held.record(count) }
}
