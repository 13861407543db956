import ISOBaseMedia
public import MediaModel

/// What surrounds the samples of a segment. The samples are encrypted alike in each.
public enum FragmentLayout: Sendable, Hashable {
    /// `styp`, and `moof` with `tfdt` (ISO/IEC 23000-19).
    case cmaf
    /// `moof` in times of Smooth Streaming, protected as PIFF 1.1 has it: `cenc` under another name.
    case smooth(SmoothTiming)

    var prefix: FileTypeBox? { self == .cmaf ? .segment : nil }

    func fragment(
        _ index: TrackIndex, _ sequence: UInt32, _ segment: SegmentEntry, _ samples: [SampleEntry],
        _ encryption: SampleEncryptionBox?, _ entry: MovieFragment.DescriptionEntry, _ group: SampleProtection?
    ) throws(BoxError) -> MovieFragment {
        switch self {
        case .cmaf:
            return try MovieFragment(
                MovieFragment.Header(
                    sequenceNumber: sequence, decodeTime: segment.decodeTime, entry: entry, group: group),
                samples: samples.map(FragmentSample.init), encryption: encryption)
        case .smooth(let timing):
            return try MovieFragment(
                smooth: sequence, samples: Self.smooth(index, segment, samples, timing), encryption: encryption)
        }
    }

    /// Each time is rounded by itself, so that samples follow each other and fragments as the manifest says.
    private static func smooth(
        _ index: TrackIndex, _ segment: SegmentEntry, _ samples: [SampleEntry], _ timing: SmoothTiming
    ) throws(BoxError) -> [FragmentSample] {
        let timescale = index.description.timescale
        let delay = timing.composition(of: index.description.kind)
        // A checked index keeps times below 2^62.
        var time = Int64(clamping: segment.decodeTime)
        var fragment: [FragmentSample] = []
        fragment.reserveCapacity(samples.count)
        for sample in samples {
            let next = time + Int64(sample.duration)
            guard let start = SmoothTime.units(time, timescale: timescale),
                let end = SmoothTime.units(next, timescale: timescale),
                let shown = SmoothTime.units(time + Int64(sample.compositionOffset), timescale: timescale),
                let duration = UInt32(exactly: end - start), let offset = Int32(exactly: shown - start + delay)
            else { throw BoxError(.invalid("a sample's time does not fit Smooth Streaming")) }
            fragment.append(
                FragmentSample(
                    size: sample.size, duration: duration, compositionOffset: offset, isSync: sample.isSync))
            time = next
        }
        return fragment
    }
}
