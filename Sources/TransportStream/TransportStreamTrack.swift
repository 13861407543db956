public import MediaModel

/// What all segments of a track share, found in one pass over its index: the form of its elementary stream, how far
/// decoding must precede presentation, and the continuity counters with which each segment begins, so that segments
/// played one after another are one continuous stream.
///
/// Made once for an index and kept beside it.
public struct TransportStreamTrack: Sendable {
    /// The index that all of this was found in.
    public let index: TrackIndex
    let stream: ElementaryStream
    /// Added to presentation times less decode times, in the track's timescale: composition offsets may be negative in
    /// ISO BMFF, but PTS never precedes DTS.
    let decodeShift: Int64
    /// By segment: continuity_counter of the first packet of the elementary stream.
    let counters: [UInt8]

    /// Whether a codec has a form in a transport stream here.
    public static func carries(_ codec: CodecConfiguration) -> Bool { (try? ElementaryStream(codec)) != nil }

    /// - Throws: when the codec has no form in a transport stream here, or its configuration cannot be read.
    public init(index: TrackIndex) throws(TransportStreamError) {
        self.index = index
        let stream = try ElementaryStream(index.description.codec)
        self.stream = stream
        let shift = -Int64(index.earliestComposition)
        decodeShift = shift
        var counter = 0
        counters = (0..<index.segmentCount).map { segment in
            defer {
                let packets = PESPackets(index: index, stream: stream, decodeShift: shift, segment: segment)
                counter = packets.reduce(counter) { ($0 + $1.transportPackets) & 0xF }
            }
            return UInt8(counter)
        }
    }
}

/// The PES packets of a segment, in order, computed from the index alone.
struct PESPackets: Sequence, IteratorProtocol {
    private let index: TrackIndex
    private let stream: ElementaryStream
    private let decodeShift: Int64
    private let end: Int
    private let timescale: UInt32
    private let carriesClock: Bool
    private var position: Int
    private var time: Int64

    init(index: TrackIndex, stream: ElementaryStream, decodeShift: Int64, segment: Int) {
        let entry = index.segment(segment)
        // A validated index keeps times below 2^62.
        self.init(
            index: index, stream: stream, decodeShift: decodeShift,
            samples: entry.firstSample..<(entry.firstSample + entry.sampleCount),
            time: Int64(truncatingIfNeeded: entry.decodeTime), carriesClock: true)
    }

    /// - Parameters:
    ///   - samples: of the index.
    ///   - time: decode time of the first of them, in the track's timescale.
    init(
        index: TrackIndex, stream: ElementaryStream, decodeShift: Int64, samples: Range<Int>, time: Int64,
        carriesClock: Bool
    ) {
        self.index = index
        self.stream = stream
        self.decodeShift = decodeShift
        self.carriesClock = carriesClock
        timescale = index.description.timescale
        position = samples.lowerBound
        end = samples.upperBound
        self.time = time
    }

    mutating func next() -> PESPacket? {
        guard position < end else { return nil }
        let first = position
        let sample = index.sample(first)
        let start = time
        var bytes = stream.size(of: sample)
        advance(over: sample)
        if !stream.isVideo { joinFrames(&bytes, since: start) }
        return PESPacket(
            presentationUnits: start + Int64(sample.compositionOffset), decodeUnits: start - decodeShift,
            timescale: timescale, elementaryBytes: bytes, isRandomAccess: sample.isSync, samples: first..<position,
            carriesClock: carriesClock)
    }

    private mutating func advance(over sample: SampleEntry) {
        position += 1
        time += Int64(sample.duration)
    }

    /// Takes more audio frames into the packet up to 100 ms: the longest time that may pass without a clock reference
    /// (ISO/IEC 13818-1, 2.7.2).
    private mutating func joinFrames(_ bytes: inout Int, since start: Int64) {
        while position < end {
            let sample = index.sample(position)
            let size = stream.size(of: sample)
            guard time + Int64(sample.duration) - start <= Int64(timescale) / 10,
                bytes + size <= PESPacket.maximumCountedBytes
            else { return }
            bytes += size
            advance(over: sample)
        }
    }
}
