import MediaModel

/// The shortest way to say what samples are like: a default in `tfhd` where all agree, else a field of each in `trun`.
struct SampleRun {
    private let samples: [FragmentSample]
    private let duration: UInt32?
    private let size: UInt32?
    private let firstFlags: SampleFlags?
    private let flags: SampleFlags?
    private let hasCompositionOffsets: Bool

    init(_ samples: [FragmentSample]) {
        self.samples = samples
        duration = Self.common(samples[...], \.duration)
        size = Self.common(samples[...], \.size)
        hasCompositionOffsets = samples.contains { $0.compositionOffset != 0 }
        if let same = Self.common(samples[...], \.isSync) {
            flags = Self.flags(same)
            firstFlags = nil
        } else if let rest = Self.common(samples.dropFirst(), \.isSync), let first = samples.first {
            // A group of pictures: the first sample is the only one to start at.
            flags = Self.flags(rest)
            firstFlags = Self.flags(first.isSync)
        } else {
            flags = nil
            firstFlags = nil
        }
    }

    private static func common<Value: Equatable>(
        _ samples: ArraySlice<FragmentSample>, _ field: (FragmentSample) -> Value
    ) -> Value? {
        guard let first = samples.first.map(field) else { return nil }
        return samples.allSatisfy { field($0) == first } ? first : nil
    }

    private static func flags(_ isSync: Bool) -> SampleFlags {
        isSync ? .sync : .dependent
    }

    func header(trackID: UInt32, entry: MovieFragment.DescriptionEntry = .usual) -> TrackFragmentHeaderBox {
        var header = TrackFragmentHeaderBox(
            trackID: trackID, sampleDuration: duration, sampleSize: size, sampleFlags: flags)
        if entry != .usual { header.sampleDescriptionIndex = entry.rawValue }
        return header
    }

    func box(dataOffset: Int32) -> TrackRunBox {
        var present: TrackRunBox.Fields = []
        if duration == nil { present.insert(.duration) }
        if size == nil { present.insert(.size) }
        if flags == nil { present.insert(.flags) }
        if hasCompositionOffsets { present.insert(.compositionOffset) }
        return TrackRunBox(
            dataOffset: dataOffset, firstSampleFlags: firstFlags, present: present,
            samples: samples.map { sample in
                TrackRunBox.Sample(
                    duration: sample.duration, size: sample.size, flags: Self.flags(sample.isSync),
                    compositionOffset: sample.compositionOffset)
            })
    }
}
