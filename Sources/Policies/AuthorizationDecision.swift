public import ContentKeys
public import Foundation

/// The evaluator's verdict on one key of a request: a value, never a throw.
public enum AuthorizationDecision: Sendable {
    case granted(Grant)
    case denied(DenialReason)
}

/// The proof that a key may be disclosed. Only the evaluator in this module can make one.
///
/// An object: a request hands it on from step to step.
public final class Grant: Sendable {
    public let keyID: KeyID
    public let delivery: KeyDeliveryType
    /// The policy and the option that granted.
    public let policy: String
    public let option: String
    /// The verified token, when the option asked for one.
    public let token: VerifiedToken?
    /// How often the token may be used, by the policy or by the token's own claim; nil for any number.
    public let useLimit: UseLimit?

    // Internal: that is what makes the type a proof.
    init(
        keyID: KeyID, delivery: KeyDeliveryType, policy: String, option: String, token: VerifiedToken?,
        useLimit: UseLimit?
    ) {
        self.keyID = keyID
        self.delivery = delivery
        self.policy = policy
        self.option = option
        self.token = token
        self.useLimit = useLimit
    }
}

/// A replay limit that the caller must count before it releases the key.
public struct UseLimit: Sendable, Hashable {
    /// What is counted: `VerifiedToken.identity`.
    public let tokenIdentity: [UInt8]
    public let maximum: Int
    /// The count may be forgotten after this time.
    public let expires: Date
    /// No key was given for the token before this time; nil when nothing says so. Counts of before are gone where a catalog
    /// was restored from a backup.
    public let unusedBefore: Date?
}

/// Why a request was denied. `Code` is stable and goes to the audit log; `detail` says more there; a client learns only
/// `DenialClass`.
public struct DenialReason: Sendable, Hashable {
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        case keyUnknown
        case keyDisabled
        /// All assets that it encrypts were taken down.
        case keyWithheld
        case keyOutsideValidity
        case keyNotDeliverable
        case noPolicy
        case policyDisabled
        case policyOutsideValidity
        case noOptionForDelivery
        case optionDisabled
        case optionOutsideValidity
        case noRestriction
        case restrictionUnknown
        case addressNotAllowed
        case tokenMissing
        case tokenRejected
        /// The token, its subject or the key that signed it was revoked.
        case tokenRevoked
        /// The ticket was not sealed here, is past its time, or is not for this request.
        case ticketRejected
        case claimMissing
        case claimMismatch
        case useLimitInvalid
        case useLimitReached
        case rateLimited
        /// The key-encryption key that opens the key is not at hand; others of the request were given.
        case kekMissing
        /// A licence request names a key that its URL does not ask for.
        case keyOutsideRequest
        /// Another key that the same licence request names was denied: a licence is for all of them.
        case licenceIncomplete
    }

    /// What a client may learn.
    public enum DenialClass: Sendable, Hashable {
        /// 404: there is no such key for anyone.
        case unknownKey
        /// 401: no token, or one that does not verify.
        case unauthenticated
        /// 403: authenticated as far as asked, and not enough.
        case forbidden
        /// 429: too often.
        case limited
    }

    public let code: Code
    /// For the audit log only: names of claims and rejections, never expected values or credentials.
    public let detail: String?
    /// The option that came closest, when one was evaluated.
    public let option: String?

    public init(_ code: Code, detail: String? = nil, option: String? = nil) {
        self.code = code
        self.detail = detail
        self.option = option
    }

    public var denialClass: DenialClass {
        switch code {
        case .keyUnknown, .keyDisabled, .keyWithheld, .keyOutsideValidity, .keyNotDeliverable: .unknownKey
        case .tokenMissing, .tokenRejected, .tokenRevoked, .ticketRejected: .unauthenticated
        case .noPolicy, .policyDisabled, .policyOutsideValidity, .noOptionForDelivery, .optionDisabled,
            .optionOutsideValidity, .noRestriction, .restrictionUnknown, .addressNotAllowed, .claimMissing,
            .claimMismatch, .useLimitInvalid, .useLimitReached, .kekMissing, .keyOutsideRequest,
            .licenceIncomplete:
            .forbidden
        case .rateLimited: .limited
        }
    }
}
