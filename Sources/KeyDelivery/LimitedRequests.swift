import Catalog
import ContentKeys
import Foundation
import Policies
import Synchronization

/// Requests that were refused because there were too many, on their way to the audit log: one record for each client or key
/// and each time that they are written, with how many. A record for each request would have a flood fill the log, and pay
/// for a commit with what is refused to save one.
///
/// Bounded: of more clients and keys than can be named, the rest are one record.
final class LimitedRequests: Sendable {
    private struct Tally {
        var count = 0
        var since: Date
        /// The first of them.
        var request: (id: String, delivery: KeyDeliveryType, client: IPAddress)?
    }

    private struct State {
        var tallies: [RateExcess.Subject: Tally] = [:]
        var others: Tally?
    }

    /// Clients and keys that have a record of their own.
    static let mostNamed = 100

    private let state = Mutex(State())

    func count(_ subject: RateExcess.Subject, _ request: KeyRequest, requestID: String, at time: Date) {
        state.withLock { state in
            if state.tallies[subject] != nil {
                state.tallies[subject]?.count += 1
            } else if state.tallies.count < Self.mostNamed {
                let first = (id: requestID, delivery: request.delivery, client: request.clientAddress)
                state.tallies[subject] = Tally(count: 1, since: time, request: first)
            } else {
                state.others = state.others ?? Tally(since: time)
                state.others?.count += 1
            }
        }
    }

    /// Writes what was counted. What cannot be written is counted on.
    func write(to catalog: any CatalogEngine, at time: Date) async {
        let taken = state.withLock { state in
            defer { state = State() }
            return state
        }
        var events = taken.tallies.sorted { ($0.value.since, $1.value.count) < ($1.value.since, $0.value.count) }
            .map { Self.event($0.key, $0.value, at: time) }
        if let others = taken.others { events.append(Self.event(nil, others, at: time)) }
        guard !events.isEmpty else { return }
        do { try await catalog.appendAudit(events) } catch { putBack(taken) }
    }

    private func putBack(_ taken: State) {
        state.withLock { state in
            let since = state
            state = taken
            for (subject, tally) in since.tallies {
                if state.tallies[subject] != nil || state.tallies.count < Self.mostNamed {
                    state.tallies[subject] = Self.sum(state.tallies[subject], tally)
                } else {
                    state.others = Self.sum(state.others, tally)
                }
            }
            if let others = since.others { state.others = Self.sum(state.others, others) }
        }
    }

    private static func sum(_ before: Tally?, _ after: Tally) -> Tally {
        guard var sum = before else { return after }
        sum.count += after.count
        return sum
    }

    private static func event(_ subject: RateExcess.Subject?, _ tally: Tally, at time: Date) -> AuditEvent {
        var event = AuditEvent(time: time, action: .keyRequestsLimited)
        event.reason = DenialReason.Code.rateLimited.rawValue
        let seconds = Int(max(time.timeIntervalSince(tally.since), 0).rounded(.up))
        let count = CountText.text(tally.count, "request") + " in \(seconds) s"
        switch subject {
        case .address(let site):
            event.detail = count + " by address" + (site.bytes.count == 16 ? " (/64)" : "")
            event.clientAddress = tally.request?.client.description
        case .key(let keyID):
            event.detail = count + " by key"
            event.keyID = keyID
        case nil: event.detail = count + " by address or key, besides those that are named"
        }
        if subject != nil {
            event.requestID = tally.request?.id
            event.delivery = tally.request?.delivery
        }
        return event
    }
}
