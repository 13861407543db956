public import AssetFiles
public import Catalog

/// Compares the sound of originals with that of known works.
public struct KnownWorkCheck: IngestCheck {
    public let name = "known-works"
    private let catalog: any CatalogEngine
    private let probe: any ContentProbe

    /// Works that are in memory at a time.
    private static let pageSize = 16

    public init(catalog: any CatalogEngine, probe: any ContentProbe) {
        self.catalog = catalog
        self.probe = probe
    }

    public func verdict(on content: CheckedContent) async throws -> IngestVerdict? {
        guard try await !catalog.knownWorks(Page(limit: 1)).isEmpty else { return nil }
        switch try await probe.fingerprint(of: content) {
        case .found(let fingerprint): return try await compare(fingerprint)
        case .notMedia: return IngestVerdict(.passed)
        case .unreadable(let reason): return IngestVerdict(.flagged, ["its sound cannot be compared: \(reason)"])
        case .died(let reason): return IngestVerdict(.flagged, [reason])
        }
    }

    private func compare(_ fingerprint: [UInt32]) async throws -> IngestVerdict {
        var verdict = IngestVerdict(.passed)
        guard !fingerprint.isEmpty else { return verdict }
        var after: String?
        while true {
            let works = try await catalog.knownWorks(Page(after: after, limit: Self.pageSize))
            let matches = try await OwnThread.run { stop in
                try works.compactMap { work in
                    try FingerprintMatch.find(fingerprint, in: FingerprintIndex(work.fingerprint)) { try stop.check() }
                        .map { (work, $0) }
                }
            }
            for (work, match) in matches {
                verdict.outcome = max(verdict.outcome, work.action == .reject ? .rejected : .flagged)
                verdict.reasons.append(
                    "seconds \(Self.seconds(match.range.lowerBound)) to \(Self.seconds(match.range.upperBound)) of its "
                        + "sound are '\(work.name)' from second \(Self.seconds(match.start)) on")
            }
            guard works.count == Self.pageSize, let last = works.last else { return verdict }
            after = last.name
        }
    }

    private static func seconds(_ items: Int) -> Int { Int((Double(items) * KnownWork.itemDuration).rounded()) }
}
