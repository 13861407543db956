public import Catalog
public import ContentKeys
public import Foundation

/// Puts old KEK versions aside that nothing needs any more. Nothing is destroyed: old backups of the catalog need them.
public struct KEKRetirement: Sendable {
    public struct Outcome: Sendable, Hashable {
        public var version: KEKVersion
        /// What was done with the key, or is to be done.
        public var note: String
    }

    private let catalog: any CatalogEngine
    private let keeper: any KEKKeeper
    private let actor: String?
    private let now: @Sendable () -> Date

    public init(
        catalog: any CatalogEngine, keeper: any KEKKeeper, actor: String? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.keeper = keeper
        self.actor = actor
        self.now = now
    }

    /// Retires every version before the current one.
    ///
    /// - Throws: `KEKRotationError` with the counts while something is wrapped under one of them; then none is retired.
    public func retireOld() async throws -> [Outcome] {
        let records = try await catalog.kekVersions()
        guard let current = records.last else { return [] }
        let needed = try await catalog.kekUsage().filter { $0.version != current.version }
        guard needed.isEmpty else {
            let counts = needed.map {
                "version \($0.version.rawValue) by \($0.inWords)"
            }
            throw KEKRotationError(
                "not retired, since old versions are needed: \(counts.joined(separator: ", ")); run: keyway kek rotate")
        }
        var outcomes: [Outcome] = []
        for record in records.dropLast() {
            if record.retired == nil {
                // The catalog's word first: from then on nothing can be wrapped under it. It counts again by itself.
                try await catalog.apply([
                    .retireKEKVersion(record.version, at: now()),
                    .audit(.kek(.kekRetired, record.version, at: now())).by(actor),
                ])
            }
            // Also for a version whose retirement was interrupted before its key was put aside.
            let note = try keeper.putAside(record)
            if record.retired == nil { outcomes.append(Outcome(version: record.version, note: note)) }
        }
        return outcomes
    }
}
