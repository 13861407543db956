import CoreMetrics

/// What the key service answers to origins that run alone.
struct OriginKeyMetrics: Sendable {
    private let released = Self.counter("released")
    private let confirmed = Self.counter("confirmed")
    private let denied = Self.counter("denied")
    private let beyondLimit = Self.counter("limited")

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: "keyway_origin_key_answers_total", dimensions: [("outcome", outcome)])
    }

    func limited(_ count: Int) { beyondLimit.increment(by: count) }

    func answered(_ outcomes: [OriginKeyOutcome]) {
        for outcome in outcomes {
            switch outcome {
            case .released: released.increment()
            case .confirmed: confirmed.increment()
            case .denied: denied.increment()
            }
        }
    }
}
