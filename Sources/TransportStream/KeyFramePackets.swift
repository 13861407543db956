/// A picture at which decoding can start, and which bytes of its segment hold it: whole transport packets.
public struct KeyFramePackets: Sendable, Hashable {
    /// Its sample in the track.
    public let sample: Int
    /// In the clear segment. Before the first one lie the program tables, and nothing else.
    public let bytes: Range<Int>
}

extension TransportStreamPlan {
    /// Every key frame of a video segment, in order; none for audio, whose frames all are.
    public var keyFrames: [KeyFramePackets] {
        guard track.stream.isVideo else { return [] }
        var frames: [KeyFramePackets] = []
        var position = ProgramTables.packetCount * Packet.size
        for packet in PESPackets(track, segment: segment) {
            let end = position + packet.transportPackets * Packet.size
            if packet.isRandomAccess {
                frames.append(KeyFramePackets(sample: packet.samples.lowerBound, bytes: position..<end))
            }
            position = end
        }
        return frames
    }
}
