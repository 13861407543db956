import CoreMetrics
import Policies

/// What the licence service counts: what licence servers answered.
struct LicenceMetrics: Sendable {
    private let made: [KeyDeliveryType: Counter]
    private let failed: [LicenceServerError.Code: Counter]

    init() {
        let label = "keyway_licences_total"
        made = Dictionary(
            uniqueKeysWithValues: [KeyDeliveryType.widevine, .playready, .fairplay].map {
                ($0, Counter(label: label, dimensions: [("outcome", "made"), ("delivery", $0.rawValue)]))
            })
        failed = Dictionary(
            uniqueKeysWithValues: LicenceServerError.Code.allCases.map {
                ($0, Counter(label: label, dimensions: [("outcome", $0.rawValue), ("delivery", "")]))
            })
    }

    func wasMade(_ delivery: KeyDeliveryType) { made[delivery]?.increment() }
    func hasFailed(_ error: LicenceServerError) { failed[error.code]?.increment() }
}
