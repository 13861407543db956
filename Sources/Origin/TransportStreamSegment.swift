import MediaStorage
import TransportStream

/// A clear MPEG-TS segment of one track.
struct TransportStreamSegment: SegmentSource {
    let plan: TransportStreamPlan
    /// Where the segment's samples lie in the track file.
    let mediaRange: Range<UInt64>
    let media: any MediaReader

    func begin() throws -> any SegmentMaker {
        PacketSegmentMaker(
            TransportStreamProducer(writer: TransportStreamWriter(plan), media: MediaCursor(media, [mediaRange])))
    }
}

private struct TransportStreamProducer: PacketProducer {
    var writer: TransportStreamWriter
    var media: MediaCursor
    private var isComplete = false

    init(writer: TransportStreamWriter, media: MediaCursor) {
        self.writer = writer
        self.media = media
    }

    mutating func append(to packets: inout PacketBuffer, mayWait: Bool) throws -> Bool? {
        guard !isComplete else { return false }
        let isRead = try SampleBytes.forStep(packets.mediaRoom) { samples in
            guard let read = try media.read(into: samples, mayWait: mayWait) else { return false }
            try writer.write(UnsafeRawBufferPointer(rebasing: samples[..<read]), into: &packets)
            return true
        }
        guard isRead else { return nil }
        if media.isAtEnd {
            try writer.finish(into: &packets)
            isComplete = true
        }
        return true
    }
}
