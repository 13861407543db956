import MediaModel
import MediaStorage
import TransportStream

/// A clear MPEG-TS segment of pictures and sound, made while it is sent.
struct MuxedSegment: SegmentSource {
    let plan: MuxedStreamPlan
    let video: OpenedTrack
    let audio: OpenedTrack

    func write(_ range: Range<UInt64>, to sink: (ArraySlice<UInt8>) async throws -> Void) async throws {
        var filter = RangeFilter(range)
        var writer = MuxedStreamWriter(plan)
        var packets: [UInt8] = []
        while !filter.isDone, let media = try writer.next(into: &packets) {
            let track = media.isVideo ? video : audio
            for number in media.samples {
                let sample = track.index.sample(number)
                var position = sample.offset
                let end = sample.offset + UInt64(sample.size)
                while position < end {
                    let next = min(position + UInt64(pieceSize), end)
                    var bytes: [UInt8] = []
                    try track.media.append(position..<next, to: &bytes)
                    position = next
                    try writer.write(bytes, into: &packets)
                }
            }
            guard packets.count >= pieceSize else { continue }
            if let part = filter.take(packets[...]) { try await sink(part) }
            packets.removeAll(keepingCapacity: true)
        }
        if let part = filter.take(packets[...]) { try await sink(part) }
    }
}
