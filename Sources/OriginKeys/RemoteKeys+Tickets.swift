public import ContentKeys
import OriginExchange
public import Policies
import Synchronization

extension RemoteKeys: KeyTicketing {
    /// The key service judges the viewer's token: this origin has no secret that could.
    ///
    /// - Throws: `KeyUnwrapError.serviceAway`.
    public func ticket(
        for keyIDs: [KeyID], of asset: String, at place: KeyTicket.Place, to viewer: Viewer, isBound: Bool
    ) async throws -> KeyTicketOutcome {
        // More than any ticket holds.
        guard keyIDs.count <= OriginTicketRequest.mostKeys else { return .notNeeded }
        let away = KeyUnwrapError.serviceAway(retryAfter: RemoteKeySettings.retryAfter)
        let mayAsk = state.withLock { state in
            guard state.link == .up || state.link == .unknown, state.tickets < RemoteKeySettings.mostTickets else {
                return false
            }
            state.tickets += 1
            return true
        }
        guard mayAsk else {
            metrics.wasShort()
            throw away
        }
        defer { state.withLock { $0.tickets -= 1 } }
        do throws(KeyServiceFailure) {
            return try await client.ticket(
                OriginTicketRequest(for: keyIDs, of: asset, at: place, to: viewer, isBound: isBound))
        } catch {
            // One slow ticket does not mean that keys cannot be had: `keep` finds that out.
            metrics.failed(error)
            throw away
        }
    }
}
