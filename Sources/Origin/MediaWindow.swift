import MediaModel
import MediaStorage

/// Reads samples in the order of a track, many at once: one read for each of them would cost more than the samples.
struct MediaWindow {
    private var cursor: MediaCursor
    private let memory: SampleBytes
    /// What was read and not taken.
    private var rest: Range<Int> = 0..<0

    /// - Parameters:
    ///   - samples: numbers in the track's index, in the order in which they are taken.
    ///   - size: of what is read at once, in bytes.
    init(_ track: OpenedTrack, samples: [Range<Int>], size: Int = SampleBytes.size) {
        cursor = MediaCursor(track.media, Self.ranges(of: samples, in: track.index))
        memory = SampleBytes(size)
    }

    /// The next bytes of the samples, as far as they lie together; no more than are asked for.
    ///
    /// - Returns: nil when the disk has to be waited for, and may not be; nothing at the end.
    mutating func take(_ count: Int, mayWait: Bool) throws -> UnsafeRawBufferPointer? {
        if rest.isEmpty {
            guard let filled = try cursor.read(into: memory.bytes, mayWait: mayWait) else { return nil }
            rest = 0..<filled
        }
        let taken = rest.prefix(max(0, count))
        rest = taken.endIndex..<rest.upperBound
        return UnsafeRawBufferPointer(rebasing: memory.bytes[taken.startIndex..<taken.endIndex])
    }

    /// Where the samples lie, those that follow each other in one range.
    private static func ranges(of samples: [Range<Int>], in index: TrackIndex) -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        for number in samples.joined() {
            let sample = index.sample(number)
            guard sample.size > 0 else { continue }
            // The index was checked: samples lie within the file.
            let end = sample.offset + UInt64(sample.size)
            if let last = ranges.last, last.upperBound == sample.offset {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(sample.offset..<end)
            }
        }
        return ranges
    }
}
