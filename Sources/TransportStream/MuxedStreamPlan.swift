import MediaModel

/// A segment of pictures and sound in one program (RFC 8216, 3.2), planned from the indexes alone: its size is exact before
/// any media is read, and the same indexes give the same bytes everywhere.
public struct MuxedStreamPlan: Sendable {
    /// Exact size of the segment in bytes.
    public let byteCount: Int

    let tracks: MuxedStreamTracks
    let segment: Int

    /// Numbers of the segment's samples in the index of the pictures.
    public var videoSamples: Range<Int> {
        let entry = tracks.video.index.segment(segment)
        return entry.firstSample..<(entry.firstSample + entry.sampleCount)
    }

    /// Numbers of the segment's samples in the index of the sound, in their order.
    public var audioSamples: [Range<Int>] { tracks.runs[segment].map(\.samples) }

    /// - Parameter segment: of the pictures.
    /// - Throws: when there is no such segment, a frame of sound is too long for ADTS, or the segment is too large.
    public init(tracks: MuxedStreamTracks, segment: Int) throws(TransportStreamError) {
        guard segment >= 0, segment < tracks.video.index.segmentCount else {
            throw TransportStreamError(.noSuchSegment, "there is no segment \(segment)")
        }
        self.tracks = tracks
        self.segment = segment
        var packets = ProgramTables.packetCount
        for (_, packet) in MuxedPackets(tracks, segment: segment) { packets += packet.transportPackets }
        byteCount = packets * Packet.size
        // A segment is sent in one answer and must fit 32-bit buffer indices.
        guard byteCount <= 1 << 31 else {
            throw TransportStreamError(.unsupportedTrack, "segment \(segment) has more than 2 GiB")
        }
        for run in tracks.runs[segment] {
            for sample in run.samples {
                _ = try tracks.audio.stream.prefix(of: tracks.audio.index.sample(sample))
            }
        }
    }
}

/// Writes a planned segment of pictures and sound. Owned by one task: for each `next` it takes the samples that it names, in
/// pieces of any size.
public struct MuxedStreamWriter {
    /// What the writer takes next.
    public struct Media: Sendable, Hashable {
        /// Of the track of pictures, else of the one of sound.
        public var isVideo: Bool
        /// Numbers in the track's index.
        public var samples: Range<Int>
    }

    private var packets: MuxedPackets
    private var video: ElementaryWriter
    private var audio: ElementaryWriter
    private var isVideo = true
    /// Not yet written.
    private var tables: [UInt8]

    public init(_ plan: MuxedStreamPlan) {
        packets = MuxedPackets(plan.tracks, segment: plan.segment)
        video = ElementaryWriter(plan.tracks.video, counter: plan.tracks.video.counters[plan.segment])
        audio = ElementaryWriter(plan.tracks.audio, counter: plan.tracks.counters[plan.segment])
        tables = ProgramTables.both(of: [plan.tracks.video, plan.tracks.audio], segment: plan.segment)
    }

    /// The samples that are to be written next; nil behind the last.
    ///
    /// - Throws: when samples that were named before are still missing.
    public mutating func next(into output: inout PacketBuffer) throws(TransportStreamError) -> Media? {
        output.append(tables)
        tables = []
        guard video.isComplete, audio.isComplete else {
            throw TransportStreamError(.damagedSample, "the media of a packet is missing")
        }
        guard let (isVideo, packet) = packets.next() else { return nil }
        self.isVideo = isVideo
        if isVideo { video.begin(packet, into: &output) } else { audio.begin(packet, into: &output) }
        return Media(isVideo: isVideo, samples: packet.samples)
    }

    /// Takes bytes of the samples that `next` named, in their order, and appends what they complete.
    ///
    /// - Throws: when a sample's NAL units contradict its size, or there are more bytes than those samples have.
    public mutating func write(
        _ media: UnsafeRawBufferPointer, into output: inout PacketBuffer
    ) throws(TransportStreamError) {
        let taken = isVideo ? try video.write(media, into: &output) : try audio.write(media, into: &output)
        guard taken == media.count else {
            throw TransportStreamError(.damagedSample, "media goes on behind the packet's last sample")
        }
    }

    /// As `write(_:into:)` over borrowed memory.
    public mutating func write(_ media: [UInt8], into output: inout PacketBuffer) throws(TransportStreamError) {
        try media.withUnsafeBufferPointer { (buffer) throws(TransportStreamError) in
            try write(UnsafeRawBufferPointer(buffer), into: &output)
        }
    }
}
