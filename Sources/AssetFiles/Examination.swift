import Catalog
import Foundation
import MediaStorage

/// One look at one original: hash, tags and checks, as far as they get. What each of them finds is recorded before the next
/// one begins, so that whoever goes on after a crash does not begin anew. Owned by the task that holds the original's lock.
struct Examination {
    /// What the catalog is known to hold.
    private var stored: QuarantinedFile
    private var file: AssetFileRecord
    private var record: IngestRecord
    private let service: UploadService

    /// The check of hash and size, which there always is.
    static let contentCheck = "content"
    /// Who acts for the checks, in the audit log.
    private static let actor = "checks"
    /// In seconds.
    private static let longestWait = 60.0

    init(_ stored: QuarantinedFile, _ service: UploadService) {
        self.stored = stored
        self.service = service
        file = stored.file
        record = stored.record ?? IngestRecord(file: stored.file.id)
    }

    /// - Returns: the file as it is then.
    mutating func run() async throws -> AssetFileRecord {
        do {
            try await look()
            try await settle()
        } catch let error as CatalogError where error.code == .changed {
            // Somebody deleted it, or decided.
            return try await service.catalog.assetFile(file.id) ?? file
        } catch {
            guard !Task.isCancelled, !(error is CancellationError), !(error is CatalogError) else { throw error }
            if let reason = Self.damage(error) {
                note(IngestVerdict(.damaged, [reason]), of: Self.contentCheck)
                try await settle()
            } else {
                try await wait(for: error)
            }
        }
        return file
    }

    /// Leaves it for later.
    ///
    /// - Returns: the file as it is then.
    mutating func postpone(_ error: any Error) async throws -> AssetFileRecord {
        do {
            try await wait(for: error)
        } catch let error as CatalogError where error.code == .changed {
            return try await service.catalog.assetFile(file.id) ?? file
        }
        return file
    }

    private mutating func look() async throws {
        if !isDone(Self.contentCheck) {
            note(try await service.readThrough(&file), of: Self.contentCheck)
            try await save()
        }
        // Before what may be malware is opened by another check.
        if !isEnded { try await service.catalog.requireChecks(among: known) }
        for check in service.checks where !isDone(check.name) && !isEnded {
            let content = CheckedContent(name: file.name, content: try await service.assets.content(of: file))
            do {
                guard let verdict = try await check.verdict(on: content) else { continue }
                note(verdict, of: check.name)
            } catch let error as CheckObstacle {
                throw CheckObstacle("\(check.name): \(error.description)")
            }
            try await save()
        }
    }

    /// The checks that were done, by whomever, and those that this program can do.
    private var known: [String] { record.findings.map(\.check) + service.checks.map(\.name) }

    private func isDone(_ check: String) -> Bool { record.findings.contains { $0.check == check } }

    /// Whether nothing that comes can make it better.
    private var isEnded: Bool { (record.outcome ?? .passed) >= .rejected }

    private static func damage(_ error: any Error) -> String? {
        switch error {
        case let error as AssetFileError where error.code == .damaged: error.reason
        case let error as MediaStorageError where error.code == .missing: error.reason
        default: nil
        }
    }

    private mutating func note(_ verdict: IngestVerdict, of check: String) {
        record.findings.append(
            CheckFinding(check: check, outcome: verdict.outcome, reasons: verdict.reasons, time: service.now()))
        record.state = .checking
        record.attempt = 0
        record.obstacle = nil
        record.notBefore = nil
        file.reason = nil
    }

    private mutating func settle() async throws {
        file.reason = record.blame
        switch record.outcome ?? .passed {
        case .passed, .warned:
            record.state = .passed
            file.state = .ready
            file.reason = nil
        case .flagged: record.state = .review
        case .rejected:
            record.state = .rejected
            file.state = .rejected
        case .damaged: record.state = .damaged
        }
        var event = AuditEvent(time: service.now(), action: .assetFileChecked)
        event.actor = Self.actor
        event.detail = "\(file.asset): \(file.name): \(record.state.rawValue)" + (file.reason.map { ": \($0)" } ?? "")
        // Another program may have come to require a check since this one looked: somebody is to see what that finds, too.
        let mayLeave = file.state == .ready || record.state == .review
        let conditions: [CatalogChange] = mayLeave ? [.require(.requiredChecks(among: known))] : []
        try await save(conditions + [.audit(event)])
    }

    private mutating func wait(for error: any Error) async throws {
        record.state = .waiting
        record.obstacle = String("\(error)".prefix(500))
        record.attempt = min(record.attempt, 30) + 1
        let delay = min(Double(1 << min(record.attempt - 1, 10)), Self.longestWait)
        record.notBefore = service.now().addingTimeInterval(delay)
        file.reason = "waits: \(record.obstacle ?? "")"
        try await save()
    }

    /// - Throws: `CatalogError` with `changed` when what is stored is not what this one knows of.
    private mutating func save(_ more: [CatalogChange] = []) async throws {
        file.changed = service.now()
        try await service.catalog.apply(
            [
                .require(.original(stored.file, stored.record)), .updateAssetFile(file),
                .quarantine(.putRecord(record)),
            ] + more)
        // As it reads now: a time may lose its last bits on the way.
        guard let stored = try await service.catalog.quarantinedFile(file.id), stored.record == record else {
            throw CatalogError(.changed, "file \(file.id) was changed in the meantime")
        }
        self.stored = stored
        file = stored.file
    }
}

extension QuarantinedFile {
    /// Whether something may be tried with it at a time.
    func isToBeChecked(at now: Date) -> Bool {
        guard file.state == .quarantine else { return false }
        guard let record else { return file.reason == nil }
        return (record.state == .checking || record.state == .waiting) && (record.notBefore ?? now) <= now
    }
}

extension IngestRecord {
    /// Why it is not let out: the worst findings, in one line.
    var blame: String? {
        guard let outcome, outcome > .warned else { return nil }
        let lines = findings.filter { $0.outcome == outcome }.map { finding in
            (finding.check == Examination.contentCheck ? "" : "\(finding.check): ")
                + finding.reasons.joined(separator: "; ")
        }
        return String(lines.joined(separator: "; ").prefix(1000))
    }
}
