public import ContentKeys
public import Policies

/// A viewer's token that an origin was shown with a playlist: `POST /origin/tickets`.
public struct OriginTicketRequest: Codable, Sendable {
    /// Most keys of one presentation.
    public static let mostKeys = 256
    /// Longest request, in bytes.
    public static let maximumSize = 64 << 10

    public var kids: [String]
    public var asset: String
    public var locator: String
    public var deliveryPolicy: String
    public var isBound: Bool
    public var credential: String?
    public var ticket: String?
    public var clientAddress: String
    /// The origin's name of the viewer's request, for both audit logs and access logs.
    public var requestID: String

    public init(
        for keyIDs: [KeyID], of asset: String, at place: KeyTicket.Place, to viewer: Viewer, isBound: Bool
    ) {
        kids = keyIDs.map(\.description)
        self.asset = asset
        locator = place.locator.description
        deliveryPolicy = place.deliveryPolicy
        self.isBound = isBound
        credential = viewer.credential
        ticket = viewer.ticket
        clientAddress = viewer.clientAddress.description
        requestID = viewer.requestID
    }

    /// Nil when one of them names no key, or when there are too many.
    public var keyIDs: [KeyID]? {
        guard (1...Self.mostKeys).contains(kids.count) else { return nil }
        let keyIDs = kids.compactMap { KeyID($0) }
        return keyIDs.count == kids.count ? keyIDs : nil
    }
}

/// The answer.
public struct OriginTicketAnswer: Codable, Sendable {
    /// Longest answer, in bytes.
    public static let maximumSize = 64 << 10

    public enum Outcome: String, Codable, Sendable {
        case ticket
        case notNeeded
        case denied
        case limited
    }

    public var outcome: Outcome
    public var ticket: String?
    /// Of a denial: its code, and more for the log.
    public var reason: String?

    public init(_ outcome: KeyTicketOutcome) {
        switch outcome {
        case .ticket(let text): (self.outcome, ticket) = (.ticket, text)
        case .notNeeded: self.outcome = .notNeeded
        case .denied(let denial): (self.outcome, reason) = (.denied, denial.code.rawValue)
        case .limited: self.outcome = .limited
        }
    }

    /// Nil for what contradicts itself.
    public var value: KeyTicketOutcome? {
        switch outcome {
        case .ticket: ticket.map { .ticket($0) }
        case .notNeeded: .notNeeded
        case .denied:
            reason.flatMap { DenialReason.Code(rawValue: $0) }.map { .denied(DenialReason($0)) }
        case .limited: .limited
        }
    }
}
