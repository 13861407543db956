import Catalog
public import ContentKeys
public import Policies

/// What became of a request whose keys somebody else hands out.
public enum AuthorisationOutcome: Sendable {
    /// At least one grant, in the request's order; and the keys, where they were asked for.
    case granted([Grant], keys: [ReleasedKey])
    case denied(DenialReason)
    /// Too many requests: ask again after this time.
    case limited(Duration)
}

extension KeyDeliveryService {
    /// Decides a request by the same policies as `deliver`, and writes every decision into the audit log, durably: for
    /// licences that are made elsewhere. Only then, and only for a server that takes keys, what was granted is unwrapped.
    ///
    /// - Parameters:
    ///   - wholly: the keys that a licence would be for. If one of them is denied, or not in the request, all are.
    ///   - recipient: whom the keys will be encrypted to, for the audit log; nil to unwrap nothing.
    ///   - requestID: names the request in the audit log and in the answer.
    /// - Throws: `CatalogError`, `KeyUnwrapError`; then nothing is granted.
    public func authorise(
        _ request: KeyRequest, wholly: [KeyID], keysTo recipient: String? = nil, requestID: String
    ) async throws -> AuthorisationOutcome {
        let start = ContinuousClock.now
        if let wait = limit(request, requestID: requestID, at: start) { return .limited(wait) }
        do {
            return try await authorised(request, wholly, recipient, requestID, since: start)
        } catch let error as KeyUnwrapError {
            wasUnavailable()
            throw error
        }
    }

    private func authorised(
        _ request: KeyRequest, _ wholly: [KeyID], _ recipient: String?, _ requestID: String,
        since start: ContinuousClock.Instant
    ) async throws -> AuthorisationOutcome {
        let decided = try await decide(
            request, wholly: wholly, unwraps: recipient != nil, keysTo: recipient, requestID: requestID, since: start)
        guard let verdict = decided else {
            throw CatalogError(.unavailable, "the decision cannot be written into the audit log")
        }
        guard verdict.granted.isEmpty else {
            return .granted(verdict.granted, keys: recipient == nil ? [] : try await open(verdict))
        }
        return .denied(verdict.denial ?? DenialReason(.keyUnknown))
    }
}
