public import MediaModel

/// A segment of a track as it is stored: samples in decode order on a timeline without edit lists.
public struct MovieSegment: Sendable {
    /// Of the first sample; also the earliest presentation time. In the track's timescale.
    public var decodeTime: UInt64
    public var samples: [Sample]

    public struct Sample: Sendable {
        public var bytes: [UInt8]
        /// In the track's timescale.
        public var duration: UInt32
        /// Presentation time less decode time.
        public var compositionOffset: Int32
        public var isSync: Bool
        public var subsamples: [SubsampleEntry]
    }
}

/// Reads a planned track from its file, segment by segment. Holds one segment.
///
/// Within a segment the samples' decode times are their presentation times in ascending order. So a segment's decode time
/// is its earliest presentation time, and durations are those of pictures on show, also where the rate varies.
public struct SegmentReader {
    private let track: UploadTrack
    private var cursor: SampleCursor
    private var segment = 0

    init(_ track: UploadTrack) {
        self.track = track
        cursor = SampleCursor(track.source)
    }

    /// - Throws: `MovieError` with file and place when a sample cannot be read or is not what its codec says.
    public mutating func next() throws(MovieError) -> MovieSegment? {
        guard segment < track.starts.count else { return nil }
        let first = track.starts[segment].sample
        let isLast = segment + 1 == track.starts.count
        let end = isLast ? track.scan.firstSample + track.scan.sampleCount : track.starts[segment + 1].sample
        let endTime = isLast ? track.scan.end : track.starts[segment + 1].time
        segment += 1
        var samples: [MovieSegment.Sample] = []
        var times: [Int64] = []
        var byteCount: UInt64 = 0
        while cursor.count < end {
            guard let sample = try cursor.next() else { throw track.source.error(.damaged, "its samples end early") }
            let number = cursor.count - 1
            guard number >= first else { continue }
            byteCount += UInt64(sample.size)
            guard byteCount <= MovieBounds.segmentSize else {
                throw track.source.error(
                    .limitExceeded, "more than \(MovieBounds.segmentSize) bytes lie between two key frames",
                    at: sample.offset)
            }
            samples.append(try read(sample, number: number))
            times.append(track.source.timeline.time(of: sample))
        }
        return MovieSegment(
            decodeTime: UInt64(clamping: track.starts[segment - 1].time),
            samples: try timed(samples, times, until: endTime, first: first))
    }

    private func read(_ sample: MovieSample, number: Int) throws(MovieError) -> MovieSegment.Sample {
        let bytes = try track.source.source.read(sample.offset..<(sample.offset + UInt64(sample.size)))
        do throws(SampleCodingError) {
            let isSync = sample.isSync || track.source.kind == .audio
            let coded = try track.source.coding.coded(bytes, isSync: isSync)
            return MovieSegment.Sample(
                bytes: coded.bytes, duration: 0, compositionOffset: 0,
                isSync: isSync, subsamples: coded.subsamples)
        } catch {
            throw track.source.error(error.code, "sample \(number + 1): \(error.reason)", at: sample.offset)
        }
    }

    private func timed(
        _ samples: [MovieSegment.Sample], _ times: [Int64], until end: Int64, first: Int
    ) throws(MovieError) -> [MovieSegment.Sample] {
        var samples = samples
        let order = times.sorted()
        for index in samples.indices {
            let next = index + 1 < order.count ? order[index + 1] : end
            guard next > order[index] else {
                throw track.source.error(
                    .unsupported,
                    "two samples from sample \(first + 1) on are shown at \(track.source.seconds(order[index]))")
            }
            guard let duration = UInt32(exactly: next - order[index]),
                let offset = Int32(exactly: times[index] - order[index])
            else { throw track.source.error(.damaged, "the times of sample \(first + index + 1) are too far apart") }
            samples[index].duration = duration
            samples[index].compositionOffset = offset
        }
        return samples
    }
}
