import Catalog
import ContentKeys
public import Foundation
import Policies

/// Shows rule by rule why a request for keys was allowed or refused, from the audit log.
public struct ExplainRequest: OperatorVerb {
    /// As it stands in the answer and in the audit log.
    public var requestId: String

    public init(requestId: String) {
        self.requestId = requestId
    }

    /// The decision on one key of the request.
    public struct Decision: Codable, Sendable {
        public var sequence: Int64
        public var time: Date
        public var keyId: String?
        public var delivery: String?
        public var clientAddress: String?
        public var granted: Bool
        public var policy: String?
        public var option: String?
        public var reason: String?
        public var tokenIssuer: String?
        public var tokenSubject: String?
        /// Empty in records of before the steps were kept.
        public var steps: [DecisionStep]
    }

    public struct Report: Codable, Sendable {
        public var requestId: String
        public var decisions: [Decision]
    }

    /// Most decisions of one request: a request names 64 keys at most.
    private static let maximumDecisions = 256

    public func run(in context: OperatorContext) async throws -> Report {
        let records = try await context.catalog.auditRecords(ofRequest: requestId, limit: Self.maximumDecisions)
        let decisions = try records.compactMap { record -> Decision? in
            let event = try AuditChain.event(of: record)
            // The hash covers the event, not the column that it was found by.
            guard event.requestID == requestId, [.keyGranted, .keyDenied].contains(event.action) else { return nil }
            return Decision(event, sequence: record.sequence)
        }
        guard !decisions.isEmpty else {
            throw OperatorError(.missing, "the audit log has no decision on a request \(requestId.quoted)")
        }
        return Report(requestId: requestId, decisions: decisions)
    }
}

extension ExplainRequest.Decision {
    init(_ event: AuditEvent, sequence: Int64) {
        self.sequence = sequence
        time = event.time
        keyId = event.keyID?.description
        delivery = event.delivery?.rawValue
        clientAddress = event.clientAddress
        granted = event.action == .keyGranted
        policy = event.policy
        option = event.option
        reason = event.reason.map { DenialReason.Code(rawValue: $0)?.explanation ?? $0 }
        tokenIssuer = event.tokenIssuer
        tokenSubject = event.tokenSubject
        steps = (event.steps ?? []).map(DecisionStep.init)
    }
}
