import Catalog
public import Foundation

/// An original in quarantine, or that was there: what its checks found, and what was decided.
public struct ReviewReport: Codable, Sendable {
    public struct Finding: Codable, Sendable {
        public var check: String
        /// `passed`, `warned`, `flagged`, `rejected` or `damaged`.
        public var outcome: String
        public var reasons: [String]
        public var time: Date
    }

    public struct Decision: Codable, Sendable {
        /// `approved` or `rejected`.
        public var verdict: String
        public var actor: String
        public var reason: String
        public var time: Date
    }

    /// The file's.
    public var id: String
    public var asset: String
    public var file: String
    /// In bytes.
    public var size: UInt64
    public var contentType: String
    /// `checking`, `waiting`, `review`, `passed`, `approved`, `rejected` or `damaged`.
    public var state: String
    public var findings: [Finding]
    /// What a check waits for.
    public var obstacle: String?
    /// When it is tried again.
    public var notBefore: Date?
    public var decision: Decision?
    public var created: Date

    init(_ found: QuarantinedFile) {
        let record = found.record ?? IngestRecord(file: found.file.id)
        id = found.file.id.rawValue
        asset = found.file.asset
        file = found.file.name
        size = found.file.size
        contentType = found.file.contentType
        state = record.state.rawValue
        findings = record.findings.map {
            Finding(check: $0.check, outcome: $0.outcome.rawValue, reasons: $0.reasons, time: $0.time)
        }
        obstacle = record.obstacle
        notBefore = record.notBefore
        decision = record.decision.map {
            Decision(verdict: $0.verdict.rawValue, actor: $0.actor, reason: $0.reason, time: $0.time)
        }
        created = found.file.created
    }
}

extension OperatorContext {
    /// - Throws: `OperatorError` when no original of that id is, or was, in quarantine.
    func review(_ id: String) async throws -> QuarantinedFile {
        guard let found = try await catalog.quarantinedFile(AssetFileID(rawValue: id.lowercased())),
            found.record != nil || found.file.state == .quarantine
        else {
            throw OperatorError(.missing, "there is no review \(id.quoted); 'keyway review list' lists them")
        }
        return found
    }
}
