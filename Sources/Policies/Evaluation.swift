/// A decision and the checks that led to it: what `keyway policy test` shows. Holds no credential and no expected value.
public struct Evaluation: Sendable {
    public let decision: AuthorizationDecision
    /// In the order in which they were made.
    public let steps: [EvaluationStep]

    /// Whether keys that issuers publish, read anew, may lead to another decision. A grant stands as it is.
    public var mayBeStale: Bool {
        if case .granted = decision { return false }
        return steps.contains { $0.refusal?.mayBeStale == true }
    }
}

/// One check and what came of it.
public struct EvaluationStep: Sendable, Hashable {
    /// What was checked.
    public enum Check: String, Sendable, Hashable, Codable, CaseIterable {
        /// The key is known, enabled and of a type that the delivery serves.
        case key
        /// The key has an authorization policy, and it is in force.
        case policy
        /// An option serves the delivery type.
        case delivery
        /// The option is in force and says something at all.
        case option
        case open
        case ip
        case token
        /// A ticket in place of a token.
        case ticket
        /// How often the token was used: counted after everything else held.
        case uses
        /// How often the token's subject asked in the last moments: counted after everything else held.
        case rate
        /// A licence request as a whole: all keys that it names, and no others than its URL.
        case licence
        /// A restriction of a kind that this version does not know.
        case unknown
    }

    /// The policy's option that the check belongs to; nil for checks before any option.
    public let option: String?
    public let check: Check
    /// Why the check failed; nil when it held.
    public let refusal: DenialReason?

    public init(option: String? = nil, check: Check, refusal: DenialReason? = nil) {
        self.option = option
        self.check = check
        self.refusal = refusal
    }

    /// Whether the check held.
    public var holds: Bool { refusal == nil }

    /// One line for the operator.
    public var outcome: String {
        guard let refusal else { return "holds" }
        guard let detail = refusal.detail else { return refusal.code.explanation }
        return "\(refusal.code.explanation) (\(detail))"
    }
}

extension DenialReason.Code {
    /// The code in words, for operators.
    public var explanation: String {
        switch self {
        case .keyUnknown: "no such key"
        case .keyDisabled: "the key is disabled"
        case .keyWithheld: "the key's assets were taken down"
        case .keyOutsideValidity: "the key is not valid yet, or no longer"
        case .keyNotDeliverable: "keys of this type do not leave by this delivery type"
        case .noPolicy: "the key has no authorization policy"
        case .policyDisabled: "the policy is disabled"
        case .policyOutsideValidity: "the policy is not in force yet, or no longer"
        case .optionDisabled: "the option is disabled"
        case .optionOutsideValidity: "the option is not in force yet, or no longer"
        case .noOptionForDelivery: "no option of the policy serves this delivery type"
        case .noRestriction: "the option has no restriction, which grants nothing"
        case .restrictionUnknown: "the option has a restriction of an unknown kind"
        case .addressNotAllowed: "the client's address is not allowed"
        case .tokenMissing: "the request carries no token"
        case .tokenRejected: "the token does not verify"
        case .tokenRevoked: "the token, its subject or its issuer's key was revoked"
        case .ticketRejected: "the ticket is not one for this request"
        case .claimMissing: "the token lacks a claim"
        case .claimMismatch: "a claim of the token has another value"
        case .useLimitInvalid: "the limit of uses cannot be applied"
        case .useLimitReached: "the token was used as often as it may be"
        case .rateLimited: "too many requests in a short time"
        case .kekMissing: "the key-encryption key that opens the key is not at hand"
        case .keyOutsideRequest: "the licence request names a key that its URL does not ask for"
        case .licenceIncomplete: "another key of the same licence request was denied"
        }
    }
}

extension DenialReason {
    fileprivate var mayBeStale: Bool {
        code == .tokenRejected && detail.flatMap(TokenRejection.init)?.mayBeStale == true
    }
}

extension AuthorizationPolicy {
    /// The token restrictions that verify with keys that issuers publish.
    public var publishedKeyRestrictions: [TokenRestriction] {
        options.flatMap(\.restrictions).compactMap { restriction in
            guard case .token(let token) = restriction, !token.publishedKeySets.isEmpty else { return nil }
            return token
        }
    }
}
