import HTTPTypes
import Policies
import Testing

@testable import HTTPSurface

/// What of a denial stands in `WWW-Authenticate` (RFC 6750, 3): by the router and by the fast path.
@Suite struct ProblemDenialTests {
    private static let insufficient: Set<DenialReason.Code> = [
        .claimMissing, .claimMismatch, .useLimitInvalid, .useLimitReached,
    ]

    @Test(arguments: DenialReason.Code.allCases) func aTokenIsAskedForWhereItWouldHelp(code: DenialReason.Code) {
        let expected: String? =
            switch code {
            case .tokenMissing: #"Bearer realm="keyway""#
            case .tokenRejected, .tokenRevoked, .ticketRejected: #"Bearer realm="keyway", error="invalid_token""#
            case _ where Self.insufficient.contains(code): #"Bearer realm="keyway", error="insufficient_scope""#
            default: nil
            }
        let problem = Problem(denial: DenialReason(code))
        #expect(problem.headers[.wwwAuthenticate] == expected)
        let fast = problem.fastResponse(requestID: "r").headers.filter { $0.0.lowercased() == "www-authenticate" }
        #expect(fast.map(\.1) == [expected].compactMap { $0 })
        if Self.insufficient.contains(code) { #expect(problem.status == .forbidden) }
    }
}
