public import Foundation

/// What a check came to with one original.
public struct CheckFinding: Sendable, Hashable, Codable {
    /// From the least to the worst.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        case passed
        /// Passed, with something that an operator should know.
        case warned
        /// Somebody must decide.
        case flagged
        case rejected
        /// The content is not what was said when it was sent, or not whole.
        case damaged

        public static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// The check's name: `content`, `clamav`, `rules`, `known-works`.
    public var check: String
    public var outcome: Outcome
    /// Why, a line each.
    public var reasons: [String]
    public var time: Date

    /// - Parameter reasons: what is more or longer than is worth reading is cut off.
    public init(check: String, outcome: Outcome, reasons: [String] = [], time: Date) {
        self.check = check
        self.outcome = outcome
        self.reasons = reasons.prefix(Self.mostReasons).map { String($0.prefix(Self.longestReason)) }
        self.time = time
    }

    private static let mostReasons = 32
    private static let longestReason = 500
}

/// What somebody decided about an original, and why.
public struct ReviewDecision: Sendable, Hashable, Codable {
    public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
        case approved
        case rejected
    }

    public var verdict: Verdict
    /// As in the audit log.
    public var actor: String
    public var reason: String
    public var time: Date

    public init(_ verdict: Verdict, actor: String, reason: String, time: Date) {
        self.verdict = verdict
        self.actor = actor
        self.reason = reason
        self.time = time
    }
}

/// Where an original is in quarantine, with everything that its checks found. It stays when the original is let out.
public struct IngestRecord: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// Its checks have not ended.
        case checking
        /// A check cannot be done now; it is tried again.
        case waiting
        /// Somebody must decide.
        case review
        /// The checks have let it out.
        case passed
        /// Somebody has let it out.
        case approved
        /// Refused for good, by a check or by somebody.
        case rejected
        /// Its content is not what was said; nobody can let it out.
        case damaged
    }

    public var file: AssetFileID
    public var state: State
    /// In the order of the checks; a check that has one is not done again.
    public var findings: [CheckFinding]
    /// What a check waits for.
    public var obstacle: String?
    /// How often it has waited since something was found.
    public var attempt: Int
    /// Before this time nothing is tried.
    public var notBefore: Date?
    public var decision: ReviewDecision?

    public init(file: AssetFileID) {
        self.file = file
        state = .checking
        findings = []
        attempt = 0
    }

    /// The worst that was found; nil while nothing was.
    public var outcome: CheckFinding.Outcome? { findings.map(\.outcome).max() }
}

/// An original with its record.
public struct QuarantinedFile: Sendable, Hashable {
    public var file: AssetFileRecord
    /// Nil before its first check, and for what was there before there were checks.
    public var record: IngestRecord?

    public init(file: AssetFileRecord, record: IngestRecord?) {
        self.file = file
        self.record = record
    }
}
