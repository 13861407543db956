#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Collects the segments of a track in decode order and writes its index. Owned by one task.
public struct TrackIndexBuilder {
    private var segments: [SegmentEntry] = []
    private var samples: [SampleEntry] = []
    private var subsamples: [SubsampleEntry] = []

    public init() {}

    /// A sample of a segment to be added.
    public struct NewSample {
        public var offset: UInt64
        public var size: UInt32
        public var duration: UInt32
        public var compositionOffset: Int32
        public var isSync: Bool
        public var subsamples: [SubsampleEntry]

        public init(
            offset: UInt64, size: UInt32, duration: UInt32, compositionOffset: Int32, isSync: Bool,
            subsamples: [SubsampleEntry]
        ) {
            self.offset = offset
            self.size = size
            self.duration = duration
            self.compositionOffset = compositionOffset
            self.isSync = isSync
            self.subsamples = subsamples
        }
    }

    /// Adds the next segment; `offset` of each sample counts from the start of the track file.
    public mutating func addSegment(decodeTime: UInt64, samples new: [NewSample]) {
        segments.append(
            SegmentEntry(
                decodeTime: decodeTime, duration: new.reduce(0) { $0 + UInt64($1.duration) },
                firstSample: samples.count, sampleCount: new.count,
                byteCount: new.reduce(0) { $0 + UInt64($1.size) }))
        for sample in new {
            samples.append(
                SampleEntry(
                    offset: sample.offset, size: sample.size, duration: sample.duration,
                    compositionOffset: sample.compositionOffset, isSync: sample.isSync,
                    firstSubsample: subsamples.count, subsampleCount: sample.subsamples.count))
            subsamples.append(contentsOf: sample.subsamples)
        }
    }

    /// Average and peak bits per second over the segments so far.
    public func bitrates(timescale: UInt32) -> (average: Int, peak: Int) {
        func bitrate(_ bytes: UInt64, _ duration: UInt64) -> Int {
            // Whoever wrote sizes and durations may have lied: a number that is out of range is refused with the description.
            duration == 0
                ? 0 : Int(min(Double(bytes) * 8 * Double(timescale) / Double(duration), Double(UInt64(1) << 53)))
        }
        let average = bitrate(segments.reduce(0) { $0 + $1.byteCount }, segments.reduce(0) { $0 + $1.duration })
        return (average, segments.map { bitrate($0.byteCount, $0.duration) }.max() ?? 0)
    }

    /// The index as it is stored. `TrackIndex(validating:)` reads it back.
    public func encode(description: TrackDescription, mediaSize: UInt64) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var json = try encoder.encode(description)
        while json.count % 8 != 0 { json.append(0x20) }

        var data = Data()
        data.reserveCapacity(TrackIndex.headerSize + json.count + segments.count * 40 + samples.count * 32)
        data.append(littleEndian: TrackIndex.magic)
        for count in [json.count, segments.count, samples.count, subsamples.count] {
            guard let count = UInt32(exactly: count) else { throw TrackIndexError("too many entries") }
            data.append(littleEndian: count)
        }
        data.append(littleEndian: mediaSize)
        data.append(littleEndian: UInt64(0))
        data.append(json)
        for segment in segments { data.append(segment) }
        for sample in samples { data.append(sample) }
        for subsample in subsamples {
            data.append(littleEndian: subsample.clearBytes)
            data.append(littleEndian: subsample.protectedBytes)
        }
        return data
    }
}

extension Data {
    fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ segment: SegmentEntry) {
        append(littleEndian: segment.decodeTime)
        append(littleEndian: segment.duration)
        append(littleEndian: segment.byteCount)
        append(littleEndian: UInt32(truncatingIfNeeded: segment.firstSample))
        append(littleEndian: UInt32(truncatingIfNeeded: segment.sampleCount))
        append(littleEndian: UInt64(0))
    }

    fileprivate mutating func append(_ sample: SampleEntry) {
        append(littleEndian: sample.offset)
        append(littleEndian: sample.size)
        append(littleEndian: sample.duration)
        append(littleEndian: UInt32(bitPattern: sample.compositionOffset))
        append(littleEndian: UInt32(truncatingIfNeeded: sample.subsampleCount) | (sample.isSync ? 1 << 31 : 0))
        append(littleEndian: UInt32(truncatingIfNeeded: sample.firstSubsample))
        append(littleEndian: UInt32(0))
    }
}
