public import Catalog
public import ContentKeys
public import Foundation

/// Moves everything that is wrapped to a new KEK version, in small transactions, while servers run. What was moved stays
/// moved: after an interruption the next run goes on.
public struct KEKRotation: Sendable {
    public struct Outcome: Sendable, Hashable {
        public var version: KEKVersion
        /// False when a rotation that was under way was continued.
        public var isNew: Bool
        /// How much this run rewrapped.
        public var rewrapped: Int
        /// What does not open under its version and stays as it is: the first ones, in words.
        public var failures: [String]
        /// How much is left under older versions.
        public var remaining: Int
    }

    /// How far a run is, and how much it found to do.
    public typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

    private static let maximumFailures = 20

    private let catalog: any CatalogEngine
    private let keeper: any KEKKeeper
    private let batchSize: Int
    private let actor: String?
    private let now: @Sendable () -> Date

    /// - Parameter batchSize: how many keys or secrets one transaction rewraps.
    public init(
        catalog: any CatalogEngine, keeper: any KEKKeeper, batchSize: Int = 500, actor: String? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.keeper = keeper
        self.batchSize = batchSize
        self.actor = actor
        self.now = now
    }

    /// Goes on with a rotation that is under way, else makes a new version; then rewraps everything under it.
    ///
    /// - Throws: `CatalogError`, or what the keeper says when a version cannot be made or had.
    public func rotate(progress: Progress) async throws -> Outcome {
        guard var current = try await catalog.kekVersions().last else {
            throw KEKRotationError("the catalog records no KEK version")
        }
        let older = try await usage(under: current.version)
        let isPending = current.completed == nil || !older.isEmpty
        var isNew = false
        if !isPending {
            isNew = try await makeNext(after: current.version)
            current = try await catalog.kekVersions().last ?? current
        }
        try await keeper.refresh()
        // Also when it is continued: who began it may have been interrupted while it waited.
        if current.completed == nil { try await Task.sleep(for: settling(current)) }
        var outcome = Outcome(version: current.version, isNew: isNew, rewrapped: 0, failures: [], remaining: 0)
        try await rewrapAll(&outcome, progress)
        outcome.remaining = try await usage(under: current.version).reduce(0) { $0 + $1.total }
        if outcome.remaining == 0, current.completed == nil { try await complete(current.version) }
        return outcome
    }

    /// How long others still may not have the version.
    private func settling(_ version: KEKVersionRecord) -> Duration {
        // Seconds of before it was made are those of a clock that was set back.
        let age = max(0, now().timeIntervalSince(version.created))
        return max(.zero, keeper.settlingTime - .seconds(min(age, 1_000_000)))
    }

    /// What older versions still hold.
    private func usage(under current: KEKVersion) async throws -> [KEKUsage] {
        try await catalog.kekUsage().filter { $0.version != current }
    }

    /// - Returns: false when another process was first: then its rotation is continued.
    private func makeNext(after version: KEKVersion) async throws -> Bool {
        let next = KEKVersion(rawValue: version.rawValue + 1)
        let proof = try await keeper.make(next)
        let record = KEKVersionRecord(version: next, provider: keeper.provider, proof: proof, created: now())
        do {
            try await catalog.apply([.insertKEKVersion(record), .audit(.kek(.kekCreated, next, at: now())).by(actor)])
            return true
        } catch let error as CatalogError where error.code == .exists {
            return false
        }
    }

    private func complete(_ version: KEKVersion) async throws {
        do {
            try await catalog.apply([
                .completeKEKRotation(version, at: now()), .audit(.kek(.kekRotated, version, at: now())).by(actor),
            ])
        } catch let error as CatalogError where error.code == .missing {
            // Another process that rewrapped, too, was first.
        }
    }

    /// Passes over all older versions until a pass finds nothing that it can move: others may write meanwhile.
    private func rewrapAll(_ outcome: inout Outcome, _ progress: Progress) async throws {
        let total = try await usage(under: outcome.version).reduce(0) { $0 + $1.total }
        progress(0, total)
        while true {
            let before = outcome.rewrapped
            outcome.failures = []
            for old in try await usage(under: outcome.version).map(\.version) {
                try await rewrapKeys(from: old, &outcome) { progress(min($0, total), total) }
                try await rewrapSecrets(from: old, &outcome) { progress(min($0, total), total) }
                try await rewrapSeeds(from: old, &outcome) { progress(min($0, total), total) }
                try await rewrapAuditKey(from: old, &outcome) { progress(min($0, total), total) }
            }
            if outcome.rewrapped == before { return }
        }
    }

    private func rewrapKeys(
        from old: KEKVersion, _ outcome: inout Outcome, _ progress: (Int) -> Void
    ) async throws {
        var after: String?
        while true {
            try Task.checkCancellation()
            let page = try await catalog.contentKeys(under: old, Page(after: after, limit: batchSize))
            guard let last = page.last else { return }
            var batch = RewrappedBatch()
            for key in page {
                do {
                    batch.keys.append(.init(old: key, new: try keeper.rewrap(key, under: outcome.version)))
                } catch {
                    outcome.note("\(error)", Self.maximumFailures)
                }
            }
            outcome.rewrapped += try await catalog.rewrap(batch)
            progress(outcome.rewrapped)
            after = last.keyID.description
        }
    }

    /// There are few: see `KeySeedRecord.maximumCount`.
    private func rewrapSeeds(
        from old: KEKVersion, _ outcome: inout Outcome, _ progress: (Int) -> Void
    ) async throws {
        var batch = RewrappedBatch()
        for seed in try await catalog.keySeeds().map(\.wrapped) where seed.kek == old {
            do {
                batch.seeds.append(.init(old: seed, new: try keeper.rewrap(seed, under: outcome.version)))
            } catch {
                outcome.note("\(error)", Self.maximumFailures)
            }
        }
        outcome.rewrapped += try await catalog.rewrap(batch)
        progress(outcome.rewrapped)
    }

    private func rewrapAuditKey(
        from old: KEKVersion, _ outcome: inout Outcome, _ progress: (Int) -> Void
    ) async throws {
        guard let key = try await catalog.auditKey(), key.kek == old else { return }
        do {
            let new = try keeper.rewrap(key, under: outcome.version)
            outcome.rewrapped += try await catalog.rewrap(RewrappedBatch(auditKeys: [.init(old: key, new: new)]))
        } catch let error as CatalogError {
            throw error
        } catch {
            outcome.note("\(error)", Self.maximumFailures)
        }
        progress(outcome.rewrapped)
    }

    private func rewrapSecrets(
        from old: KEKVersion, _ outcome: inout Outcome, _ progress: (Int) -> Void
    ) async throws {
        var after: String?
        while true {
            try Task.checkCancellation()
            let page = try await catalog.secrets(under: old, Page(after: after, limit: batchSize))
            guard let last = page.last else { return }
            var batch = RewrappedBatch()
            for secret in page {
                do {
                    batch.secrets.append(.init(old: secret, new: try keeper.rewrap(secret, under: outcome.version)))
                } catch {
                    outcome.note("\(error)", Self.maximumFailures)
                }
            }
            outcome.rewrapped += try await catalog.rewrap(batch)
            progress(outcome.rewrapped)
            after = last.name
        }
    }
}

extension KEKRotation.Outcome {
    fileprivate mutating func note(_ failure: String, _ maximum: Int) {
        if failures.count < maximum { failures.append(failure) }
    }
}

extension AuditEvent {
    /// An event about a KEK version.
    public static func kek(_ action: AuditAction, _ version: KEKVersion, at time: Date) -> AuditEvent {
        var event = AuditEvent(time: time, action: action)
        event.detail = "version \(version.rawValue)"
        return event
    }
}
