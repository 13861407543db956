import Adapters
import Catalog
import ContentKeys
import Foundation
import Policies

/// The catalog's records: key-encryption keys, the audit log, and locators.
struct CatalogExamination {
    /// In seconds: how long before its end a locator is worth a word.
    private static let soon: TimeInterval = 7 * 86_400
    private static let pageSize = 500

    let data: ExaminedData
    let asksServers: Bool
    /// How many of the newest audit records are checked.
    let auditRecords: Int
    let now: Date

    func run() async throws -> [Finding] {
        try await keks() + audit() + locators()
    }

    private func keks() async throws -> [Finding] {
        try await data.keks(asksServers: asksServers).map { state in
            let title =
                "key-encryption key version \(state.record.version.rawValue) (\(state.record.provider.rawValue))"
            if state.isUnknown {
                return .warning("kek", "\(title) was not asked for", "run 'keyway doctor --network'")
            }
            guard let problem = state.problem else {
                return .ok("kek", "\(title) is there, and opens what it wrapped")
            }
            let action = "put it back from its backup; see Documentation/operating-the-kek.md"
            return state.isNeeded
                ? .error("kek", problem, action) : .warning("kek", "\(problem) (nothing needs it)", action)
        }
    }

    private func audit() async throws -> [Finding] {
        let last = try await data.catalog.lastAuditSequence()
        let pruned = try await data.catalog.lastAuditCheckpoint()?.checkpoint.prunedThrough ?? 0
        var place = max(pruned, last - Int64(auditRecords))
        var verifier = AuditChain.Verifier()
        if place > 0 {
            // The one before is taken as it is: 'keyway audit verify' begins at the start.
            guard let before = try await data.catalog.auditRecords(after: place - 1, limit: 1).first ?? nil else {
                return try await audit(from: place + 1, to: last)
            }
            verifier = AuditChain.Verifier(after: AuditPlace(sequence: before.sequence, hash: before.hash))
            place = before.sequence
        }
        return try await audit(after: place, to: last, &verifier)
    }

    /// After pruning, where the record before the first is gone: the first one is taken as it is.
    private func audit(from first: Int64, to last: Int64) async throws -> [Finding] {
        guard let record = try await data.catalog.auditRecords(after: first - 1, limit: 1).first else {
            return [.ok("audit", "the audit log is empty")]
        }
        var verifier = AuditChain.Verifier(after: AuditPlace(sequence: record.sequence, hash: record.hash))
        return try await audit(after: record.sequence, to: last, &verifier)
    }

    private func audit(after start: Int64, to last: Int64, _ verifier: inout AuditChain.Verifier) async throws
        -> [Finding]
    {
        var place = start
        while place < last {
            try Task.checkCancellation()
            let records = try await data.catalog.auditRecords(after: place, limit: Self.pageSize)
            guard let end = records.last else { break }
            for record in records {
                guard let defect = verifier.verify(record) else { continue }
                return [
                    .error(
                        "audit", "the audit log is broken at record \(defect.sequence): \(defect.reason)",
                        "somebody changed the catalog's file, or the disk did: keep the folder as it is, and compare with a "
                            + "backup")
                ]
            }
            place = end.sequence
        }
        guard place >= last else {
            return [.error("audit", "audit records after \(place) are gone", "compare the folder with a backup")]
        }
        return [
            .ok("audit", "the newest \(CountText.text(last - start, "audit record is", "audit records are")) whole")
        ]
    }

    private func locators() async throws -> [Finding] {
        let live = try await data.catalog.locators(asset: nil).filter {
            $0.kind == .streaming && !$0.isRevoked && $0.end > now
        }
        let ending = live.filter { $0.end.timeIntervalSince(now) < Self.soon }
        guard !ending.isEmpty else {
            let open = CountText.text(live.count, "locator is", "locators are")
            return [.ok("locators", "\(open) open, and none ends soon")]
        }
        return Finding.listed(
            "locators", .warning, ("locator ends within a week", "locators end within a week"),
            ending.sorted { $0.end < $1.end }.map { "\($0.id) of '\($0.asset)' at \($0.end.ISO8601Format())" },
            "publish those assets again that shall go on playing")
    }
}
