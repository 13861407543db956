import CoreMetrics
import Policies

/// What the key service counts: decisions by reason, time until a decision is durable, what came from memory.
struct KeyDeliveryMetrics: Sendable {
    private let granted: [Counter]
    private let denied: [DenialReason.Code: Counter]
    private let limited = Counter(label: "keyway_key_requests_limited_total")
    private let unavailable = Counter(label: "keyway_key_requests_unavailable_total")
    private let fromMemory = Counter(label: "keyway_key_lookups_total", dimensions: [("from", "memory")])
    private let fromCatalog = Counter(label: "keyway_key_lookups_total", dimensions: [("from", "catalog")])
    private let time = Timer(label: "keyway_key_decision_seconds")

    init() {
        // All series from the start: a reason that never came up shows as zero.
        granted = KeyDeliveryType.allCases.map {
            Counter(
                label: "keyway_key_decisions_total",
                dimensions: [("decision", "granted"), ("delivery", $0.rawValue), ("reason", "")])
        }
        denied = Dictionary(
            uniqueKeysWithValues: DenialReason.Code.allCases.map {
                (
                    $0,
                    Counter(
                        label: "keyway_key_decisions_total",
                        dimensions: [("decision", "denied"), ("delivery", ""), ("reason", $0.rawValue)])
                )
            })
    }

    func looked(inMemory: Bool, count: Int) {
        (inMemory ? fromMemory : fromCatalog).increment(by: count)
    }

    /// - Parameter time: since the request came.
    func decided(_ verdict: Verdict, after time: Duration) {
        for position in verdict.decisions.indices {
            switch verdict.decisions[position].outcome {
            case .granted(let grant): granted[grant.delivery.place].increment()
            case .denied(let reason): denied[reason.code]?.increment()
            }
        }
        let (seconds, attoseconds) = time.components
        self.time.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    func wasLimited() { limited.increment() }
    func wasUnavailable() { unavailable.increment() }
}

extension KeyDeliveryType {
    /// Among all cases.
    fileprivate var place: Int {
        switch self {
        case .aes: 0
        case .clearkey: 1
        case .widevine: 2
        case .playready: 3
        case .fairplay: 4
        }
    }
}
