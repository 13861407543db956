import MediaModel

/// Writes a segment of a track as an MPEG-2 transport stream whose samples are encrypted as SAMPLE-AES has it. How long it
/// becomes is known when it is written: emulation prevention depends on the ciphertext.
///
/// One PES packet is held at a time. Every segment ends at a continuity counter of 15, so that each begins at 0 whatever came
/// before it.
public struct ProtectedStreamWriter {
    /// The largest sample, in bytes: it is held whole.
    public static let largestSample = 16 << 20

    private let track: TransportStreamTrack
    private let segment: Int
    private let packets: [PESPacket]
    private var position = 0
    private var written = 0
    private var packetizer: Packetizer

    /// - Parameter keyFrame: a sample of the segment at which decoding can start, for a stream of it alone; nil for all of them.
    /// - Throws: when there is no such segment or key frame, or a sample is too large.
    public init(track: TransportStreamTrack, segment: Int, keyFrame: Int? = nil) throws(TransportStreamError) {
        guard segment >= 0, segment < track.index.segmentCount else {
            throw TransportStreamError(.noSuchSegment, "there is no segment \(segment)")
        }
        for sample in track.index.samples(of: track.index.segment(segment)) where sample.size > Self.largestSample {
            throw TransportStreamError(
                .damagedSample, "a sample of \(sample.size) bytes is too large to be encrypted here")
        }
        self.track = track
        self.segment = segment
        packets = PESPackets(track, segment: segment).filter { packet in
            keyFrame.map { packet.isRandomAccess && packet.samples.lowerBound == $0 } ?? true
        }
        guard !packets.isEmpty || keyFrame == nil else {
            throw TransportStreamError(.noSuchSegment, "segment \(segment) has no such key frame")
        }
        packetizer = Packetizer(pid: track.stream.pid, counter: 0)
    }

    /// The samples of the track that the next packet is made of; nil at the end.
    public var next: Range<Int>? { position < packets.count ? packets[position].samples : nil }

    /// Appends the next packet.
    ///
    /// - Parameters:
    ///   - media: the bytes of the samples that `next` names, one after the other.
    ///   - encrypt: what is done to each unit.
    /// - Throws: when the samples contradict their sizes, and what `encrypt` throws. The writer is of no use after that.
    public mutating func write(_ media: [UInt8], into output: inout PacketBuffer, encrypt: @escaping UnitEncryption)
        throws
    {
        guard position < packets.count else {
            throw TransportStreamError(.damagedSample, "media goes on behind the segment's last sample")
        }
        if position == 0 { output.append(try ProgramTables.protected(track, segment: segment, firstSamples: media)) }
        var packet = packets[position]
        var elementary = ProtectedElementary(track.stream, encrypt: encrypt)
        var rest = media[...]
        for number in packet.samples {
            let sample = track.index.sample(number)
            guard rest.count >= Int(sample.size) else {
                throw TransportStreamError(.damagedSample, "the media ends inside a sample")
            }
            try elementary.append(rest.prefix(Int(sample.size)), prefix: try track.stream.prefix(of: sample))
            rest = rest.dropFirst(Int(sample.size))
        }
        packet.elementaryBytes = elementary.bytes.count
        packet.saysLength = true
        position += 1
        let count = packet.transportPackets + (position == packets.count ? filling(behind: packet) : 0)
        written += count
        packetizer.begin(packet, packets: count)
        packetizer.append(packet.header(of: track.stream), to: &output)
        packetizer.append(elementary.bytes, to: &output)
    }

    /// How many more transport packets the last one is spread over, so that their number is a multiple of 16.
    private func filling(behind packet: PESPacket) -> Int {
        let count = packet.transportPackets
        let more = (16 - (written + count) % 16) % 16
        // Each has a byte at least.
        return packet.size >= count + more ? more : 0
    }
}
