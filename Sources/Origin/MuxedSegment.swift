import MediaModel
import MediaStorage
import TransportStream

/// A clear MPEG-TS segment of pictures and sound.
struct MuxedSegment: SegmentSource {
    let plan: MuxedStreamPlan
    let video: OpenedTrack
    let audio: OpenedTrack

    func begin() throws -> any SegmentMaker {
        PacketSegmentMaker(MuxedStreamProducer(writer: MuxedStreamWriter(plan), video: video, audio: audio))
    }
}

private struct MuxedStreamProducer: PacketProducer {
    private var writer: MuxedStreamWriter
    private let video: OpenedTrack
    private let audio: OpenedTrack
    /// The samples that the writer waits for.
    private var media: MediaCursor
    private let samples = SampleBytes()

    init(writer: MuxedStreamWriter, video: OpenedTrack, audio: OpenedTrack) {
        self.writer = writer
        self.video = video
        self.audio = audio
        media = MediaCursor(video.media, [])
    }

    mutating func append(to packets: inout PacketBuffer, mayWait: Bool) throws -> Bool? {
        if media.isAtEnd {
            guard let next = try writer.next(into: &packets) else { return false }
            let track = next.isVideo ? video : audio
            media = MediaCursor(
                track.media, next.samples.map { Self.range(track.index.sample($0)) }.filter { !$0.isEmpty })
        }
        guard let read = try media.read(into: samples.bytes, mayWait: mayWait) else {
            // The packet's header may be there already.
            return packets.isEmpty ? nil : true
        }
        try writer.write(UnsafeRawBufferPointer(rebasing: samples.bytes[..<read]), into: &packets)
        return true
    }

    private static func range(_ sample: SampleEntry) -> Range<UInt64> {
        // The index was checked: samples lie within the file.
        sample.offset..<(sample.offset + UInt64(sample.size))
    }
}
