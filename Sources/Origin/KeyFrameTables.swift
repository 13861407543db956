import Catalog
import MediaEncryption
import MediaModel
import Policies
import Presentations
import TransportStream

/// Where the key frames of a track lie in the segments of a container. Finding them plans the whole track, so the tables
/// are kept.
struct KeyFrameTables: Sendable {
    private struct Name: Hashable, Sendable {
        var media: [UInt8]
        var container: SegmentContainer
        /// Of each segment of CMAF.
        var protection: [ProtectionParameters?]
        /// Whether the samples of MPEG-TS are encrypted.
        var isSampleAES: Bool
        /// The segments at the start that are clear in a protected track.
        var clearLead: Int
    }

    private let tables = BoundedCache<Name, [PresentedKeyFrame]>(maximumCount: 256)

    /// Whole segments that are encrypted keep the places of their bytes.
    func table(of planned: PlannedTrack, in container: SegmentContainer) async throws -> [PresentedKeyFrame] {
        let segments = 0..<planned.track.index.segmentCount
        let name = Name(
            media: Array(planned.track.record.indexDigest), container: container,
            protection: container == .cmaf ? try segments.map { try planned.sampleProtection(ofSegment: $0) } : [],
            isSampleAES: container == .transportStream && planned.plan.encryption == .cbcs,
            clearLead: segments.count(where: planned.isInClearLead))
        return try await tables.value(name) { try Self.find(planned, container) }
    }

    private static func find(_ planned: PlannedTrack, _ container: SegmentContainer) throws -> [PresentedKeyFrame] {
        let track = planned.track
        let index = track.index
        guard index.description.kind == .video else { return [] }
        var frames: [PresentedKeyFrame] = []
        for segment in 0..<index.segmentCount {
            switch container {
            case .cmaf:
                let plan = try planned.fragmentPlan(ofSegment: segment, key: nil)
                guard let bytes = plan.keyFrame(in: index, segment: segment) else { continue }
                frames.append(presented(index, segment, index.segment(segment).firstSample, bytes))
            case .muxedTransportStream, .smooth, .webVTT, .webVTTForCMAF, .jpeg: return []
            case .transportStream:
                guard let stream = try? track.transportStream.get() else { return [] }
                // Where encrypted samples lie is known when they are made: there, each is an object of its own.
                let isOwn = try planned.plan.encryption == .cbcs && planned.key(ofSegment: segment) != nil
                frames += try TransportStreamPlan(track: stream, segment: segment).keyFrames.map {
                    presented(index, segment, $0.sample, $0.bytes, isOwn: isOwn)
                }
            }
        }
        return frames
    }

    private static func presented(
        _ index: TrackIndex, _ segment: Int, _ sample: Int, _ bytes: Range<Int>, isOwn: Bool = false
    ) -> PresentedKeyFrame {
        let entry = index.segment(segment)
        // A checked index keeps times below 2^62.
        var time = Int64(clamping: entry.decodeTime)
        for before in entry.firstSample..<sample { time += Int64(index.sample(before).duration) }
        let ownTime = isOwn ? UInt64(clamping: time) : nil
        time += Int64(index.sample(sample).compositionOffset)
        return PresentedKeyFrame(segment: segment, presentationTime: time, bytes: bytes, ownTime: ownTime)
    }
}

extension OriginService {
    /// What the I-frame playlist of a planned track lists; nothing for sound.
    func keyFrames(_ planned: PlannedTrack, _ reference: TrackReference) async throws -> [PresentedKeyFrame] {
        try await keyFrames.table(of: planned, in: reference.container)
    }
}
