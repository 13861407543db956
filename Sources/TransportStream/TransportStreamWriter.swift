import MediaModel

/// Writes a planned segment piece by piece. Owned by one task; takes the segment's samples in order, in pieces of any
/// size, and appends the packets that they complete.
public struct TransportStreamWriter {
    private let plan: TransportStreamPlan
    private let stream: ElementaryStream
    private var packets: PESPackets
    private var packetizer: Packetizer
    private var samples: Range<Int> = 0..<0
    private var rewriter = StartCodeRewriter()
    /// Bytes of the current sample that are still to come.
    private var sampleRest = 0
    private var hasTables = false

    /// Begins the planned segment; nothing is written before the first call of `write` or `finish`.
    public init(_ plan: TransportStreamPlan) {
        self.plan = plan
        stream = plan.track.stream
        packets = PESPackets(plan.track, segment: plan.segment)
        packetizer = Packetizer(pid: stream.pid, counter: plan.track.counters[plan.segment])
    }

    /// Takes the next bytes of media and appends what they complete to `output`. Over all calls and `finish`, exactly
    /// the plan's `byteCount` bytes are appended.
    ///
    /// - Throws: when a sample's NAL units contradict its size, or there are more bytes than the plan has samples for.
    ///   The writer is of no use after that.
    public mutating func write(
        _ media: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) throws(TransportStreamError) {
        writeTables(into: &output)
        var rest = media
        while rest.count > 0 {
            if sampleRest == 0 { try beginSample(into: &output) }
            let count = min(rest.count, sampleRest)
            let piece = UnsafeRawBufferPointer(rebasing: rest[..<count])
            if stream.isVideo {
                try rewriter.rewrite(piece, sampleRest: sampleRest, packetizer: &packetizer, output: &output)
            } else {
                packetizer.append(piece, to: &output)
            }
            sampleRest -= count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// As `write(_:into:)` over borrowed memory.
    public mutating func write(_ media: [UInt8], into output: inout [UInt8]) throws(TransportStreamError) {
        try media.withUnsafeBufferPointer { (buffer) throws(TransportStreamError) in
            try write(UnsafeRawBufferPointer(buffer), into: &output)
        }
    }

    /// Ends the segment.
    ///
    /// - Throws: when samples are still missing.
    public mutating func finish(into output: inout [UInt8]) throws(TransportStreamError) {
        writeTables(into: &output)
        guard sampleRest == 0, samples.isEmpty, packets.next() == nil else {
            throw TransportStreamError(.damagedSample, "the media ends before the segment's last sample")
        }
    }

    private mutating func writeTables(into output: inout [UInt8]) {
        guard !hasTables else { return }
        hasTables = true
        // One packet of each in every segment, so the segment's number continues their counters.
        let counter = UInt8(truncatingIfNeeded: plan.segment & 0xF)
        output += ProgramTables.association(counter: counter)
        let language = Array(plan.track.index.description.language.utf8)
        let entry = ProgramTables.Stream(
            type: stream.type, pid: stream.pid,
            language: stream.isVideo || language.count != 3 || language == Array("und".utf8) ? nil : language,
            descriptors: stream.descriptors)
        output += ProgramTables.map([entry], counter: counter)
    }

    private mutating func beginSample(into output: inout [UInt8]) throws(TransportStreamError) {
        if samples.isEmpty {
            guard let packet = packets.next() else {
                throw TransportStreamError(.damagedSample, "media goes on behind the segment's last sample")
            }
            samples = packet.samples
            packetizer.begin(packet)
            packetizer.append(packet.header(of: stream), to: &output)
        }
        let sample = plan.track.index.sample(samples.lowerBound)
        samples = (samples.lowerBound + 1)..<samples.upperBound
        packetizer.append(try stream.prefix(of: sample), to: &output)
        sampleRest = Int(sample.size)
    }
}
