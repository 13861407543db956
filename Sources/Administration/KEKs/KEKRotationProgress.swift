import ContentKeys

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

extension KEKRotationProgress {
    /// As it was told before there were operations: one that was canceled failed.
    init(_ entry: OperationDesk.Entry) {
        let report = entry.report
        state =
            switch report.state {
            case .running: .running
            case .finished: .finished
            case .error, .canceled: .failed
            }
        (done, total) = (Int(clamping: entry.done), Int(clamping: entry.total))
        version = report.result?.kekRotation?.version
        isNew = report.result?.kekRotation?.isNew
        rewrapped = report.result?.kekRotation?.rewrapped
        remaining = report.result?.kekRotation?.remaining
        failures = report.result?.kekRotation?.failures
        error = report.state == .canceled ? "the rotation was canceled: begun again, it goes on" : report.error
    }
}

extension KEKRotationResult {
    init(_ outcome: KEKRotation.Outcome) {
        version = outcome.version.rawValue
        isNew = outcome.isNew
        rewrapped = outcome.rewrapped
        remaining = outcome.remaining
        failures = outcome.failures
    }
}
