public import MediaModel

/// A segment of a track as an MPEG-2 transport stream (ISO/IEC 13818-1; RFC 8216, 3.2), planned from the index alone:
/// its size is exact before any media is read, and the same index gives the same bytes everywhere.
///
/// One track makes one program with one elementary stream.
public struct TransportStreamPlan: Sendable {
    /// Exact size of the segment in bytes.
    public let byteCount: Int
    /// Bytes of media that the writer takes: the segment's samples one after another.
    public let mediaByteCount: Int

    let track: TransportStreamTrack
    let segment: Int

    /// - Throws: when there is no such segment, or an audio frame is too long for ADTS.
    public init(track: TransportStreamTrack, segment: Int) throws(TransportStreamError) {
        guard segment >= 0, segment < track.index.segmentCount else {
            throw TransportStreamError(.noSuchSegment, "there is no segment \(segment)")
        }
        self.track = track
        self.segment = segment
        let entry = track.index.segment(segment)
        // An index bounds a segment to 2^31 bytes of media.
        mediaByteCount = Int(truncatingIfNeeded: entry.byteCount)
        var packets = ProgramTables.packetCount
        for packet in PESPackets(track, segment: segment) { packets += packet.transportPackets }
        byteCount = packets * Packet.size
        guard !track.stream.isVideo else { return }
        for sample in track.index.samples(of: entry) { _ = try track.stream.prefix(of: sample) }
    }

    /// For one segment only; whoever serves several keeps a `TransportStreamTrack`.
    ///
    /// - Throws: as `TransportStreamTrack.init(index:)` and `init(track:segment:)`.
    public init(index: TrackIndex, segment: Int) throws(TransportStreamError) {
        try self.init(track: TransportStreamTrack(index: index), segment: segment)
    }
}

extension PESPackets {
    init(_ track: TransportStreamTrack, segment: Int) {
        self.init(index: track.index, stream: track.stream, decodeShift: track.decodeShift, segment: segment)
    }
}
