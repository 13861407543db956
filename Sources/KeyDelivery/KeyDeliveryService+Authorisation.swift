import Catalog
public import ContentKeys
public import Policies

/// What became of a request whose keys somebody else hands out.
public enum AuthorisationOutcome: Sendable {
    /// At least one, in the request's order.
    case granted([Grant])
    case denied(DenialReason)
    /// Too many requests: ask again after this time.
    case limited(Duration)
}

extension KeyDeliveryService {
    /// Decides a request by the same policies as `deliver`, writes every decision into the audit log, durably, and
    /// unwraps nothing: for licences that are made elsewhere.
    ///
    /// - Parameters:
    ///   - wholly: the keys that a licence would be for. If one of them is denied, or not in the request, all are.
    ///   - requestID: names the request in the audit log and in the answer.
    /// - Throws: `CatalogError`; then nothing is granted.
    public func authorise(
        _ request: KeyRequest, wholly: [KeyID], requestID: String
    ) async throws -> AuthorisationOutcome {
        let start = ContinuousClock.now
        if let wait = limit(request, requestID: requestID, at: start) { return .limited(wait) }
        guard let (verdict, count) = try await decide(request, wholly: wholly, requestID: requestID, since: start)
        else {
            throw CatalogError(.unavailable, "the decision cannot be written into the audit log")
        }
        let grants = verdict.granted(after: count)
        guard grants.isEmpty else { return .granted(grants) }
        return .denied(verdict.denial(after: count) ?? DenialReason(.keyUnknown))
    }
}
