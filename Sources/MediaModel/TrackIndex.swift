#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// One segment of a track: the samples of one fragment (one closed group of pictures, or as much audio).
public struct SegmentEntry: Sendable, Hashable {
    /// Decode time of the first sample, in the track's timescale.
    public var decodeTime: UInt64
    /// Sum of the samples' durations.
    public var duration: UInt64
    public var firstSample: Int
    public var sampleCount: Int
    /// Sum of the samples' sizes in bytes.
    public var byteCount: UInt64

    public init(decodeTime: UInt64, duration: UInt64, firstSample: Int, sampleCount: Int, byteCount: UInt64) {
        self.decodeTime = decodeTime
        self.duration = duration
        self.firstSample = firstSample
        self.sampleCount = sampleCount
        self.byteCount = byteCount
    }
}

/// One sample (access unit) of a track.
public struct SampleEntry: Sendable, Hashable {
    /// Where the sample's bytes start in the track file.
    public var offset: UInt64
    public var size: UInt32
    /// In the track's timescale.
    public var duration: UInt32
    /// Presentation time less decode time; may be negative (`trun` version 1).
    public var compositionOffset: Int32
    /// A decoder can start here.
    public var isSync: Bool
    /// The sample's subsamples in the index. None: the whole sample may be encrypted (audio).
    public var firstSubsample: Int
    public var subsampleCount: Int

    public init(
        offset: UInt64, size: UInt32, duration: UInt32, compositionOffset: Int32, isSync: Bool, firstSubsample: Int,
        subsampleCount: Int
    ) {
        self.offset = offset
        self.size = size
        self.duration = duration
        self.compositionOffset = compositionOffset
        self.isSync = isSync
        self.firstSubsample = firstSubsample
        self.subsampleCount = subsampleCount
    }
}

/// A run of bytes that stay clear, then a run that may be encrypted: for NAL-structured video, `clearBytes` ends with
/// the slice header (found by parsing it), and `protectedBytes` is the slice data to the end of the NAL unit. Each
/// protection scheme makes its own map from these (ISO/IEC 23001-7, 9.5).
public struct SubsampleEntry: Sendable, Hashable {
    public var clearBytes: UInt32
    public var protectedBytes: UInt32

    public init(clearBytes: UInt32, protectedBytes: UInt32) {
        self.clearBytes = clearBytes
        self.protectedBytes = protectedBytes
    }
}

/// Why an index was refused.
public struct TrackIndexError: Error, Sendable, Hashable, CustomStringConvertible {
    public var reason: String
    public var description: String { "track index: \(reason)" }

    init(_ reason: String) {
        self.reason = reason
    }
}

/// The index of one track: its description and fixed-size tables of segments, samples and subsamples, written once
/// beside the track file and read in place.
///
/// Layout, little-endian: a header of 40 bytes (magic `KWYTIX01`; `UInt32` length of the description, counts of
/// segments, samples and subsamples; `UInt64` size of the track file; 8 bytes reserved, zero), the description as JSON
/// padded with spaces to a multiple of 8, then 40 bytes a segment, 32 a sample, 8 a subsample.
///
/// `init(validating:)` checks everything that readers rely on, so that no later access can leave the tables or the file.
public struct TrackIndex: Sendable {
    public let description: TrackDescription
    public let segmentCount: Int
    public let sampleCount: Int
    public let subsampleCount: Int
    /// Size of the track file that the index belongs to, in bytes.
    public let mediaSize: UInt64

    let bytes: Data
    let segmentsAt: Int
    let samplesAt: Int
    let subsamplesAt: Int

    static let magic: UInt64 = 0x3130_5849_5459_574B  // "KWYTIX01"
    static let headerSize = 40
    static let segmentSize = 40
    static let sampleSize = 32
    static let subsampleSize = 8
    /// Longest description accepted, in bytes.
    static let maximumDescription = 1 << 20

    /// The largest index that is accepted, in bytes: enough for a day of video at 60 frames a second.
    public static let maximumSize = 1 << 30

    /// Opens an index held in memory or mapped (`Data(contentsOf:options: .alwaysMapped)`).
    ///
    /// - Throws: `TrackIndexError` when any table, count, offset or sum contradicts another.
    public init(validating data: Data) throws(TrackIndexError) {
        try self.init(validatedBefore: data)
        try validateTables()
    }

    /// Opens an index whose digest shows that it is, to the byte, one that `init(validating:)` took when it was written: what its
    /// tables say is not checked again, which for a film of two hours takes longer than anything else.
    ///
    /// - Throws: `TrackIndexError` when its length or its description is wrong all the same.
    public init(validatedBefore data: Data) throws(TrackIndexError) {
        bytes = data.startIndex == 0 ? data : Data(data)
        guard bytes.count >= Self.headerSize, bytes.count <= Self.maximumSize else {
            throw TrackIndexError("it is \(bytes.count) bytes long")
        }
        let (magic, counts, size) = bytes.withUnsafeBytes { bytes in
            let reader = IndexReader(bytes: bytes)
            return (reader.uint64(0), stride(from: 8, to: 24, by: 4).map { Int(reader.uint32($0)) }, reader.uint64(24))
        }
        guard magic == Self.magic else { throw TrackIndexError("it does not start with the magic") }
        let descriptionLength = counts[0]
        (segmentCount, sampleCount, subsampleCount) = (counts[1], counts[2], counts[3])
        mediaSize = size
        guard descriptionLength % 8 == 0, descriptionLength <= Self.maximumDescription else {
            throw TrackIndexError("its description is \(descriptionLength) bytes long")
        }
        segmentsAt = Self.headerSize + descriptionLength
        samplesAt = segmentsAt + segmentCount * Self.segmentSize
        subsamplesAt = samplesAt + sampleCount * Self.sampleSize
        guard bytes.count == subsamplesAt + subsampleCount * Self.subsampleSize else {
            throw TrackIndexError("its length does not fit its counts")
        }
        description = try Self.decodeDescription(bytes[Self.headerSize..<segmentsAt])
    }

    /// The segment at `index`, which must be below `segmentCount`.
    public func segment(_ index: Int) -> SegmentEntry {
        precondition(index >= 0 && index < segmentCount)
        return withTables { $0.segment(index) }
    }

    /// The sample at `index`, which must be below `sampleCount`.
    public func sample(_ index: Int) -> SampleEntry {
        precondition(index >= 0 && index < sampleCount)
        return withTables { $0.sample(index) }
    }

    /// The subsample at `index`, which must be below `subsampleCount`.
    public func subsample(_ index: Int) -> SubsampleEntry {
        precondition(index >= 0 && index < subsampleCount)
        return withTables { $0.subsample(index) }
    }

    /// The samples of a segment, in decode order.
    public func samples(of segment: SegmentEntry) -> [SampleEntry] {
        let range = segment.firstSample..<(segment.firstSample + segment.sampleCount)
        precondition(range.lowerBound >= 0 && range.upperBound <= sampleCount)
        return withTables { tables in range.map(tables.sample) }
    }

    /// The subsamples of a sample, in file order.
    public func subsamples(of sample: SampleEntry) -> [SubsampleEntry] {
        let range = sample.firstSubsample..<(sample.firstSubsample + sample.subsampleCount)
        precondition(range.lowerBound >= 0 && range.upperBound <= subsampleCount)
        return withTables { tables in range.map(tables.subsample) }
    }

    /// Of the segment with the most samples.
    public var mostSamples: Int {
        withTables { tables in (0..<segmentCount).reduce(0) { max($0, tables.segment($1).sampleCount) } }
    }

    /// The least of all composition offsets, in the track's timescale; zero where none is negative.
    public var earliestComposition: Int32 {
        withTables { tables in (0..<sampleCount).reduce(0) { min($0, tables.sample($1).compositionOffset) } }
    }

    /// Whether a decoder that starts with a segment cannot show all of it: samples are shown before its first key frame
    /// (leading pictures of an open group), or it has none. A look at a few samples of each segment.
    public var hasOpenSegments: Bool {
        withTables { tables in (0..<segmentCount).contains { tables.isOpen(tables.segment($0)) } }
    }

    /// The segment that starts at exactly this decode time, found by binary search.
    public func segmentIndex(startingAt decodeTime: UInt64) -> Int? {
        let first = firstSegment(notBefore: decodeTime)
        return first < segmentCount && segment(first).decodeTime == decodeTime ? first : nil
    }

    private func firstSegment(notBefore decodeTime: UInt64) -> Int {
        var low = 0
        var high = segmentCount
        while low < high {
            let middle = (low + high) / 2
            if segment(middle).decodeTime < decodeTime { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The sample that starts at exactly this decode time, and its segment.
    public func sample(startingAt decodeTime: UInt64) -> (segment: Int, sample: Int)? {
        let next = firstSegment(notBefore: decodeTime)
        let number = next < segmentCount && segment(next).decodeTime == decodeTime ? next : next - 1
        guard number >= 0 else { return nil }
        let entry = segment(number)
        var time = entry.decodeTime
        for position in entry.firstSample..<(entry.firstSample + entry.sampleCount) {
            guard time < decodeTime else { return time == decodeTime ? (number, position) : nil }
            time += UInt64(sample(position).duration)
        }
        return nil
    }

    /// The whole duration: from decode time zero to the end of the last segment, in the track's timescale.
    public var duration: UInt64 {
        guard segmentCount > 0 else { return 0 }
        let last = segment(segmentCount - 1)
        return last.decodeTime + last.duration
    }

    private static func decodeDescription(_ json: Data) throws(TrackIndexError) -> TrackDescription {
        let description: TrackDescription
        do {
            description = try JSONDecoder().decode(TrackDescription.self, from: json)
        } catch {
            throw TrackIndexError("its description is not readable")
        }
        if let defect = description.defect { throw TrackIndexError("its description is wrong: \(defect)") }
        return description
    }
}

extension TrackIndex {
    /// Lends the tables: to read many entries this way costs one look at who holds the bytes, not one for each.
    func withTables<Result>(_ body: (IndexTables) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            body(
                IndexTables(
                    reader: IndexReader(bytes: bytes), segmentsAt: segmentsAt, samplesAt: samplesAt,
                    subsamplesAt: subsamplesAt))
        }
    }
}

/// The tables of an index whose length fits its counts. Who asks for an entry has checked that there is one.
struct IndexTables {
    let reader: IndexReader
    let segmentsAt: Int
    let samplesAt: Int
    let subsamplesAt: Int

    func segment(_ index: Int) -> SegmentEntry {
        let at = segmentsAt + index * TrackIndex.segmentSize
        return SegmentEntry(
            decodeTime: reader.uint64(at), duration: reader.uint64(at + 8),
            firstSample: Int(reader.uint32(at + 24)), sampleCount: Int(reader.uint32(at + 28)),
            byteCount: reader.uint64(at + 16))
    }

    func sample(_ index: Int) -> SampleEntry {
        let at = samplesAt + index * TrackIndex.sampleSize
        return SampleEntry(
            offset: reader.uint64(at), size: reader.uint32(at + 8), duration: reader.uint32(at + 12),
            compositionOffset: Int32(bitPattern: reader.uint32(at + 16)),
            isSync: reader.uint32(at + 20) >> 31 == 1, firstSubsample: Int(reader.uint32(at + 24)),
            subsampleCount: Int(reader.uint32(at + 20) & 0x7FFF_FFFF))
    }

    /// Whether samples are shown before the segment's first key frame. What is decoded behind one that is shown after it is,
    /// too: leading pictures come before trailing ones (ISO/IEC 23008-2, 7.4.2.2; encoders of AVC do the same). Sums of
    /// durations fit: there are less than 2^31.
    func isOpen(_ segment: SegmentEntry) -> Bool {
        var (time, earliest) = (Int64(0), Int64.max)
        var begin: Int64?
        for number in segment.firstSample..<(segment.firstSample + segment.sampleCount) {
            let sample = sample(number)
            let shown = time + Int64(sample.compositionOffset)
            if let begin, shown > begin { return false }
            if begin == nil, sample.isSync { begin = shown }
            earliest = min(earliest, shown)
            if let begin, earliest < begin { return true }
            time += Int64(sample.duration)
        }
        return begin == nil
    }

    func subsample(_ index: Int) -> SubsampleEntry {
        let at = subsamplesAt + index * TrackIndex.subsampleSize
        return SubsampleEntry(clearBytes: reader.uint32(at), protectedBytes: reader.uint32(at + 4))
    }
}

/// Little-endian reads of an index.
struct IndexReader {
    let bytes: UnsafeRawBufferPointer

    func uint32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    func uint64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
