import MediaModel

/// Writes the PES packets of one elementary stream: takes the samples of each packet in pieces of any size.
struct ElementaryWriter {
    private let index: TrackIndex
    private let stream: ElementaryStream
    private var packetizer: Packetizer
    private var samples: Range<Int> = 0..<0
    private var rewriter = StartCodeRewriter()
    /// Bytes of the current sample that are still to come.
    private var sampleRest = 0

    /// - Parameter counter: continuity_counter of the first transport packet.
    init(_ track: TransportStreamTrack, counter: UInt8) {
        index = track.index
        stream = track.stream
        packetizer = Packetizer(pid: stream.pid, counter: counter)
    }

    /// Whether all samples of the packet were written, or none has begun.
    var isComplete: Bool { sampleRest == 0 && samples.isEmpty }

    mutating func begin(_ packet: PESPacket, into output: inout PacketBuffer) {
        samples = packet.samples
        packetizer.begin(packet)
        packetizer.append(packet.header(of: stream), to: &output)
    }

    /// Takes bytes up to the end of the packet.
    ///
    /// - Returns: how many were taken.
    mutating func write(
        _ media: UnsafeRawBufferPointer, into output: inout PacketBuffer
    ) throws(TransportStreamError) -> Int {
        var position = 0
        while position < media.count, !isComplete {
            if sampleRest == 0 { try beginSample(into: &output) }
            let count = min(media.count - position, sampleRest)
            let piece = UnsafeRawBufferPointer(rebasing: media[position..<(position + count)])
            if stream.isVideo {
                try rewriter.rewrite(piece, sampleRest: sampleRest, packetizer: &packetizer, output: &output)
            } else {
                packetizer.append(piece, to: &output)
            }
            sampleRest -= count
            position += count
        }
        return position
    }

    private mutating func beginSample(into output: inout PacketBuffer) throws(TransportStreamError) {
        let sample = index.sample(samples.lowerBound)
        samples = (samples.lowerBound + 1)..<samples.upperBound
        packetizer.append(try stream.prefix(of: sample), to: &output)
        sampleRest = Int(sample.size)
    }
}
