import HTTPTypes
public import Policies

/// The one table from denials to answers. A client learns the class of what failed; the audit log has the reason.
extension Problem {
    /// The answer to a request that was denied.
    public init(denial: DenialReason) {
        switch denial.denialClass {
        case .unknownKey:
            self.init(.notFound, code: "keyNotFound", detail: "There is no such key.")
        case .unauthenticated:
            let isMissing = denial.code == .tokenMissing
            self.init(
                .unauthorized, code: isMissing ? "tokenMissing" : "tokenInvalid",
                detail: isMissing
                    ? "A token is needed: Authorization: Bearer, or the query's token."
                    : denial.code == .ticketRejected
                        ? "The ticket was not accepted: it is past its time, or not for this request."
                        : "The token was not accepted: its form, signature, issuer, audience or time.",
                headers: [
                    .wwwAuthenticate: isMissing
                        ? "Bearer realm=\"keyway\"" : "Bearer realm=\"keyway\", error=\"invalid_token\""
                ])
        case .limited: self = .limited(seconds: 1)
        case .forbidden:
            self.init(
                .forbidden, code: Self.forbiddenCode(denial.code), detail: Self.forbiddenDetail(denial.code),
                headers: Self.isOfToken(denial.code)
                    ? [.wwwAuthenticate: "Bearer realm=\"keyway\", error=\"insufficient_scope\""] : [:])
        }
    }

    /// Whether another token could be answered otherwise (RFC 6750, 3.1). None helps against what the address, the request or the
    /// policy itself does not allow.
    private static func isOfToken(_ code: DenialReason.Code) -> Bool {
        switch code {
        case .claimMissing, .claimMismatch, .useLimitInvalid, .useLimitReached: true
        default: false
        }
    }

    private static func forbiddenCode(_ code: DenialReason.Code) -> String {
        switch code {
        case .addressNotAllowed: "addressNotAllowed"
        case .claimMissing, .claimMismatch: "claimsNotSufficient"
        case .useLimitInvalid, .useLimitReached: "useLimit"
        case .keyOutsideRequest, .licenceIncomplete: "challengeNotCovered"
        default: "notAllowed"
        }
    }

    private static func forbiddenDetail(_ code: DenialReason.Code) -> String {
        switch code {
        case .addressNotAllowed: "The client's address is not allowed."
        case .claimMissing, .claimMismatch: "The token's claims do not allow this key."
        case .useLimitInvalid: "The token's limit of uses is no number, or the token lives too long for one."
        case .useLimitReached: "The token may not be used again."
        case .keyOutsideRequest, .licenceIncomplete:
            "The licence request names a key that was not asked for, or not allowed."
        default: "The key's policy does not allow this request."
        }
    }

    /// Too many requests; when to ask again.
    public static func limited(seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, code: "tooManyRequests", detail: "Too many key requests; ask again later.",
            headers: [.retryAfter: String(max(seconds, 1))])
    }

    /// Nothing can be decided now.
    public static let unavailable = Problem(
        .serviceUnavailable, code: "unavailable", detail: "The key service cannot answer now.",
        headers: [.retryAfter: "1"])
}
