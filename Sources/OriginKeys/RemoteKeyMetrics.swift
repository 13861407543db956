import CoreMetrics

/// What an origin that runs alone counts of its questions to the key service.
struct RemoteKeyMetrics: Sendable {
    private let released: Counter
    private let confirmed: Counter
    private let denied: Counter
    private let away: Counter
    private let notEnrolled: Counter
    private let unreadable: Counter
    /// Requests that were told at once to come again.
    private let short: Counter
    // Meters: what swift-metrics calls a gauge is a recorder, whose figure is a distribution.
    private let held: Meter
    private let isUp: Meter
    private let time: Timer

    /// - Parameter factory: the program's; tests have their own.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "keyway_origin_key_requests_total", dimensions: [("outcome", outcome)], factory: factory)
        }
        released = counter("released")
        confirmed = counter("confirmed")
        denied = counter("denied")
        away = counter("away")
        notEnrolled = counter("notEnrolled")
        unreadable = counter("unreadable")
        short = counter("notAsked")
        held = Meter(label: "keyway_origin_keys_held", factory: factory)
        isUp = Meter(label: "keyway_origin_key_service_up", factory: factory)
        time = Timer(label: "keyway_origin_key_request_seconds", factory: factory)
    }

    func answered(_ answer: KeyAnswer) {
        switch answer {
        case .released: released.increment()
        case .confirmed: confirmed.increment()
        case .denied: denied.increment()
        }
    }

    func answered(after elapsed: Duration) {
        isUp.set(1)
        time.recordNanoseconds(Int64(elapsed / .nanoseconds(1)))
    }

    func failed(_ failure: KeyServiceFailure) {
        isUp.set(0)
        switch failure {
        case .away, .untrusted: away.increment()
        case .notEnrolled: notEnrolled.increment()
        case .unreadable: unreadable.increment()
        }
    }

    func wasShort() { short.increment() }
    func holds(_ count: Int) { held.set(count) }
}
