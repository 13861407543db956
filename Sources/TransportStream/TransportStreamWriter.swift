import MediaModel

/// Writes a planned segment piece by piece. Owned by one task; takes the segment's samples in order, in pieces of any
/// size, and appends the packets that they complete.
public struct TransportStreamWriter {
    private let plan: TransportStreamPlan
    private var packets: PESPackets
    private var elementary: ElementaryWriter
    private var hasTables = false

    /// Begins the planned segment; nothing is written before the first call of `write` or `finish`.
    public init(_ plan: TransportStreamPlan) {
        self.plan = plan
        packets = PESPackets(plan.track, segment: plan.segment)
        elementary = ElementaryWriter(plan.track, counter: plan.track.counters[plan.segment])
    }

    /// Takes the next bytes of media and appends what they complete to `output`. Over all calls and `finish`, exactly
    /// the plan's `byteCount` bytes are appended.
    ///
    /// - Throws: when a sample's NAL units contradict its size, or there are more bytes than the plan has samples for.
    ///   The writer is of no use after that.
    public mutating func write(
        _ media: UnsafeRawBufferPointer, into output: inout PacketBuffer
    ) throws(TransportStreamError) {
        writeTables(into: &output)
        var rest = media
        while rest.count > 0 {
            if elementary.isComplete {
                guard let packet = packets.next() else {
                    throw TransportStreamError(.damagedSample, "media goes on behind the segment's last sample")
                }
                elementary.begin(packet, into: &output)
            }
            let count = try elementary.write(rest, into: &output)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// As `write(_:into:)` over borrowed memory.
    public mutating func write(_ media: [UInt8], into output: inout PacketBuffer) throws(TransportStreamError) {
        try media.withUnsafeBufferPointer { (buffer) throws(TransportStreamError) in
            try write(UnsafeRawBufferPointer(buffer), into: &output)
        }
    }

    /// Ends the segment.
    ///
    /// - Throws: when samples are still missing.
    public mutating func finish(into output: inout PacketBuffer) throws(TransportStreamError) {
        writeTables(into: &output)
        guard elementary.isComplete, packets.next() == nil else {
            throw TransportStreamError(.damagedSample, "the media ends before the segment's last sample")
        }
    }

    private mutating func writeTables(into output: inout PacketBuffer) {
        guard !hasTables else { return }
        hasTables = true
        output.append(ProgramTables.both(of: [plan.track], segment: plan.segment))
    }
}

extension ProgramTables {
    /// The tables that begin a segment, with the streams of some tracks. The first one tells the clock.
    static func both(of tracks: [TransportStreamTrack], segment: Int) -> [UInt8] {
        // One packet of each in every segment, so the segment's number continues their counters.
        let counter = UInt8(truncatingIfNeeded: segment & 0xF)
        let streams = tracks.map { track in
            let language = Array(track.index.description.language.utf8)
            return Stream(
                type: track.stream.type, pid: track.stream.pid,
                language: track.stream.isVideo || language.count != 3 || language == Array("und".utf8)
                    ? nil : language, descriptors: track.stream.descriptors)
        }
        return association(counter: counter) + map(streams, counter: counter)
    }
}
