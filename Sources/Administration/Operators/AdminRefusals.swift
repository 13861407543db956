import Catalog
import CoreMetrics
import Foundation
import Synchronization

/// Refusals of the admin API on their way to the audit log. Each has a record as far as the bounds of `RefusalCounts` go; what
/// is beyond them is counted, and written together: a record for each reason and each time that they are written, with how
/// many. So nobody can fill the log, and nothing is missing in it.
final class AdminRefusals: Sendable {
    enum Reason: String, CaseIterable, Sendable {
        case unknown, revoked, expired
        /// The token is valid, and its role is not enough.
        case role
    }

    private struct Tally {
        var count = 0
        var since: Date
    }

    private struct State {
        /// By the client's address.
        var tokens = RefusalCounts()
        /// By the token's name.
        var roles = RefusalCounts()
        var beyond: [Reason: Tally] = [:]
    }

    private let state = Mutex(State())
    /// All series from the start: a reason that never came up shows as zero.
    private let counters = Dictionary(
        uniqueKeysWithValues: Reason.allCases.map {
            ($0, Counter(label: "keyway_admin_refusals_total", dimensions: [("reason", $0.rawValue)]))
        })

    /// Counts a refusal.
    ///
    /// - Parameter subject: whose bound it is: the client's address, or for `role` the token's name.
    /// - Returns: nil for one that is to have a record of its own, else the seconds until there can be one again.
    func count(_ reason: Reason, of subject: String, at time: Date) -> Int? {
        counters[reason]?.increment()
        return state.withLock { state in
            let wait = reason == .role ? state.roles.add(subject, at: time) : state.tokens.add(subject, at: time)
            if wait != nil { state.beyond[reason, default: Tally(since: time)].count += 1 }
            return wait
        }
    }

    /// Writes what was counted. What cannot be written is counted on.
    func write(to catalog: any CatalogEngine, at time: Date) async {
        let taken = state.withLock { state in
            defer { state.beyond = [:] }
            return state.beyond
        }
        let events = taken.sorted { $0.key.rawValue < $1.key.rawValue }.map { Self.event($0.key, $0.value, at: time) }
        guard !events.isEmpty else { return }
        do {
            try await catalog.appendAudit(events)
        } catch {
            state.withLock { state in
                for (reason, tally) in taken {
                    state.beyond[reason] = Tally(
                        count: tally.count + (state.beyond[reason]?.count ?? 0), since: tally.since)
                }
            }
        }
    }

    private static func event(_ reason: Reason, _ tally: Tally, at time: Date) -> AuditEvent {
        var event = AuditEvent(time: time, action: .adminRefused)
        event.reason = reason.rawValue
        let seconds = Int(max(time.timeIntervalSince(tally.since), 0).rounded(.up))
        event.detail =
            CountText.text(tally.count, "refusal") + " in \(seconds) s, besides those that have a record of their own"
        return event
    }
}
