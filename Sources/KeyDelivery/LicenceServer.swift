public import Foundation
public import Policies

/// What a player's protection system asks, to be handed on as it is.
public struct LicenceChallenge: Sendable, Hashable {
    public var bytes: [UInt8]
    /// As the player sent it; nil when it sent none.
    public var contentType: String?
    /// PlayReady's `SOAPAction`, which its servers insist on.
    public var action: String?

    public init(bytes: [UInt8], contentType: String? = nil, action: String? = nil) {
        self.bytes = bytes
        self.contentType = contentType
        self.action = action
    }
}

/// What a licence server may give a licence for. Made only of grants, which only the evaluator makes.
public struct Entitlement: Sendable {
    public let delivery: KeyDeliveryType
    /// At least one, each for another key.
    public let grants: [Grant]
    public let clientAddress: IPAddress
    /// Names the request in the audit log.
    public let requestID: String
    public let issued: Date
    /// The granted keys, for a server that takes them; none for any other.
    public let keys: [ReleasedKey]

    /// In seconds: how long the licence server may act on it.
    public static let lifetime: TimeInterval = 60

    public var expires: Date { issued.addingTimeInterval(Self.lifetime) }

    init(_ request: KeyRequest, grants: [Grant], keys: [ReleasedKey] = [], requestID: String, issued: Date) {
        delivery = request.delivery
        clientAddress = request.clientAddress
        self.grants = grants
        self.keys = keys
        self.requestID = requestID
        self.issued = issued
    }
}

/// What a licence server answered, to be handed to the player as it is.
public struct Licence: Sendable, Hashable {
    public var bytes: [UInt8]
    /// Nil when the server said none that can be passed on.
    public var contentType: String?

    public init(bytes: [UInt8], contentType: String? = nil) {
        self.bytes = bytes
        self.contentType = contentType
    }
}

/// Makes licences of a protection system. This service authorises; who implements this holds the system's secrets.
public protocol LicenceServer: Sendable {
    /// Whom the granted keys are encrypted to, for the audit log; nil for a server that is given none.
    var keyRecipient: String? { get }

    /// Asks once: a challenge is not idempotent, so nothing is tried again.
    ///
    /// - Throws: `LicenceServerError`.
    func licence(
        for challenge: LicenceChallenge, under entitlement: Entitlement
    ) async throws(LicenceServerError) -> Licence
}

extension LicenceServer {
    public var keyRecipient: String? { nil }
}

/// Why a licence server gave no licence. Holds nothing of what it answered.
public struct LicenceServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// It did not answer in time.
        case timedOut
        /// It could not be reached, or not be trusted.
        case unreachable
        /// It answered with a status that is no success.
        case refused
        /// It answered with a redirect, more than a licence's size, or nothing.
        case answerNotUsable
        /// The secret that entitlements are signed with is not there, or too short.
        case secretNotUsable
        /// The keys could not be encrypted to the server's certificate.
        case recipientNotUsable
    }

    public let code: Code
    /// For the operator.
    public let reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { "\(code.rawValue): \(reason)" }
}
