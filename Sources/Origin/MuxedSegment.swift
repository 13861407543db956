import MediaModel
import MediaStorage
import TransportStream

/// A clear MPEG-TS segment of pictures and sound.
struct MuxedSegment: SegmentSource {
    let plan: MuxedStreamPlan
    let video: OpenedTrack
    let audio: OpenedTrack

    func begin() throws -> any SegmentMaker {
        PacketSegmentMaker(MuxedStreamProducer(plan, video: video, audio: audio))
    }
}

private struct MuxedStreamProducer: PacketProducer {
    private var writer: MuxedStreamWriter
    private var video: MediaWindow
    private var audio: MediaWindow
    /// What the writer waits for.
    private var isVideo = true
    private var missing = 0
    private let sizes: (video: TrackIndex, audio: TrackIndex)

    init(_ plan: MuxedStreamPlan, video: OpenedTrack, audio: OpenedTrack) {
        writer = MuxedStreamWriter(plan)
        self.video = MediaWindow(video, samples: [plan.videoSamples])
        // Of sound, a segment has a tenth.
        self.audio = MediaWindow(audio, samples: plan.audioSamples, size: SampleBytes.size / 4)
        sizes = (video.index, audio.index)
    }

    mutating func append(to packets: inout PacketBuffer, mayWait: Bool) throws -> Bool? {
        if missing == 0 {
            guard let next = try writer.next(into: &packets) else { return false }
            isVideo = next.isVideo
            let index = isVideo ? sizes.video : sizes.audio
            missing = next.samples.reduce(0) { $0 + Int(index.sample($1).size) }
        }
        // No more than there is space for, unless that is hardly anything.
        let count = min(missing, max(packets.mediaRoom, 4 << 10))
        let taken =
            isVideo ? try video.take(count, mayWait: mayWait) : try audio.take(count, mayWait: mayWait)
        guard let taken else {
            // The packet's header may be there already.
            return packets.isEmpty ? nil : true
        }
        try writer.write(taken, into: &packets)
        // Nothing is left where something is missing: the writer says so.
        missing = taken.isEmpty ? 0 : missing - taken.count
        return true
    }
}
