import MediaModel

/// A sample of a plan: its number in the track and what of it is encrypted.
struct PlannedSample: Sendable, Hashable {
    /// In the track, counted from 0: half of the sample's IV in `cenc`.
    var number: UInt32
    var runs: [ProtectedRun]
    /// Whether `senc` lists the runs.
    var hasMap: Bool

    /// The samples of a segment under a scheme.
    static func plan(
        _ index: TrackIndex, segment: SegmentEntry, entries: [SampleEntry], parameters: ProtectionParameters
    ) throws(MediaEncryptionError) -> [PlannedSample] {
        let mapper = parameters.scheme.rules.mapper(for: index.description.codec.protectedStructure)
        var samples: [PlannedSample] = []
        samples.reserveCapacity(entries.count)
        for (position, entry) in entries.enumerated() {
            let number = segment.firstSample + position
            // The low 64 bits count blocks and a sample has fewer than 2^28: only the sample's number can overflow.
            guard let counted = UInt32(exactly: number) else { throw .counterOverflow(sample: number) }
            if mapper.needsSubsamples, entry.subsampleCount == 0 { throw .noSubsamples(sample: number) }
            let runs = mapper.runs(of: index.subsamples(of: entry), sampleSize: Int(entry.size))
            guard runs.reduce(0, { $0 + $1.clearBytes + $1.protectedBytes }) == Int(entry.size) else {
                throw .subsamplesDisagree(sample: number)
            }
            samples.append(PlannedSample(number: counted, runs: runs, hasMap: mapper.needsSubsamples))
        }
        return samples
    }
}
