import Administration
import Catalog
import Foundation
import Logging
import ServiceLifecycle

/// Signs the audit log of a running server, at its end once more, and removes what is older than it is to be kept.
///
/// To be the first of the services: they end in the opposite order, so that the last checkpoint covers what the listeners
/// still did.
struct AuditService: Service {
    private static let interval = Duration.seconds(1)

    let catalog: any CatalogEngine
    let signer: AuditSigner
    let schedule: AuditSchedule
    let logger: Logger

    func run() async throws {
        try await catalog.shortenLockWaits()
        await cancelWhenGracefulShutdown {
            await keep()
        }
        var last: String?
        await attempt("the audit log was not signed at the end", &last, isLast: true) { try await signer.sign() }
    }

    private func keep() async {
        var unsigned: Date?
        var pruned = Date.distantPast
        var (signing, pruning): (String?, String?)
        var block: AuditBlock?
        while !Task.isCancelled {
            tell(&block)
            guard block == nil else {
                // A write would only wait in the way of the next try.
                try? await Task.sleep(for: Self.interval)
                continue
            }
            await attempt("the audit log was not signed", &signing) {
                let last = try await catalog.lastAuditCheckpoint()
                let newest = try await catalog.lastAuditSequence()
                if newest <= last?.checkpoint.record ?? 0 {
                    unsigned = nil
                } else if unsigned == nil {
                    unsigned = Date()
                }
                guard schedule.isDue(newest: newest, last: last, since: unsigned, now: Date()) else { return }
                try await signer.sign()
                unsigned = nil
            }
            if let retention = schedule.retention,
                Date().timeIntervalSince(pruned) >= AuditSchedule.retentionInterval
            {
                pruned = Date()
                await attempt("old audit records were not removed", &pruning) {
                    try await signer.prune(before: Date().addingTimeInterval(-retention), actor: nil)
                }
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Says once that the log is blocked, and once that it is not any more.
    private func tell(_ known: inout AuditBlock?) {
        let block = catalog.auditBlock()
        if let block, known == nil {
            logger.critical(
                "the audit log cannot be written, so no key is given out", metadata: ["cause": "\(block.reason)"])
        } else if block == nil, let known {
            logger.notice(
                "the audit log is written again", metadata: ["blocked since": "\(known.since.rfc3339)"])
        }
        known = block
    }

    private func attempt(
        _ failure: String, _ last: inout String?, isLast: Bool = false, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            last = nil
        } catch {
            // What is given up when the server ends is no failure: the end signs once more.
            guard isLast || !Task.isCancelled else { return }
            // Said once, not every second.
            if last != "\(error)" { logger.error("\(failure)", metadata: ["cause": "\(error)"]) }
            last = "\(error)"
        }
    }
}
