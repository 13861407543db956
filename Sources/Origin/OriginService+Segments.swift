import Catalog
import ContentKeys
import Foundation
import ISOBaseMedia
import MediaEncryption
import MediaModel
import Policies
import TransportStream

extension OriginService {
    /// The init segment of a CMAF track, with `tenc` and a `pssh` for each signalled system when it is protected.
    ///
    /// - Parameter standIn: what is used instead of the track's key, in segments that are made to be looked at.
    func initializationSegment(
        _ reference: TrackReference, _ planned: PlannedTrack, standIn: ContentKey? = nil
    ) async throws -> OriginObject {
        var protection: TrackProtection?
        var headers: [ProtectionSystemHeader] = []
        if let parameters = try planned.sampleProtection {
            let real = try await keys.key(parameters.keyID, for: .encryption(planned.plan))
            let key = standIn ?? real
            protection = try parameters.trackProtection(of: planned.track.record.description.kind, key: key)
            headers = try systems(parameters, planned, key: key).headers().compactMap(ProtectionSystemHeader.init)
        }
        let bytes = InitializationSegment(
            track: planned.track.record.description, protection: protection, systemHeaders: headers,
            hasClearEntry: protection != nil && planned.plan.times.clearLead > 0
        ).serialized()
        return OriginObject(
            contentType: planned.contentType, size: UInt64(bytes.count), entityTag: try EntityTag.of(bytes),
            lastModified: planned.version.record.created, lifetime: headers.isEmpty ? .immutable : .revisable,
            body: .bytes(bytes))
    }

    /// A media segment: planned here, made while it is sent.
    func segment(
        _ reference: TrackReference, _ decodeTime: UInt64, _ planned: PlannedTrack
    ) async throws -> OriginObject {
        let number = try Self.segment(startingAt: decodeTime, planned)
        return try segment(reference, number, planned, key: try await contentKey(of: planned, segment: number))
    }

    static func segment(startingAt decodeTime: UInt64, _ planned: PlannedTrack) throws(OriginError) -> Int {
        guard let number = planned.track.index.segmentIndex(startingAt: decodeTime) else {
            throw OriginError(.timestampNotFound, "No segment starts at this time.")
        }
        return number
    }

    /// - Parameter key: that of the segment; nil for a clear one.
    func segment(
        _ reference: TrackReference, _ number: Int, _ planned: PlannedTrack, key: ContentKey?
    ) throws -> OriginObject {
        let source: any SegmentSource
        let size: Int
        switch reference.container {
        case .cmaf: (source, size) = try cmafSegment(number, planned, key)
        case .transportStream: (source, size) = try transportStreamSegment(number, planned, key)
        case .muxedTransportStream, .smooth, .webVTT, .webVTTForCMAF, .jpeg:
            throw OriginError(.resourceNotFound, "Segments of this container are not named by one track.")
        }
        return OriginObject(
            contentType: reference.container == .cmaf ? planned.contentType : "video/mp2t", size: UInt64(size),
            entityTag: try EntityTag.of(planned, segment: number, "\(reference.container.rawValue)/\(number)"),
            lastModified: planned.version.record.created, lifetime: .immutable, body: .segment(source))
    }

    /// A key frame of MPEG-TS whose samples are encrypted: where those of other segments lie, playlists say.
    func keyFrame(
        _ reference: TrackReference, _ decodeTime: UInt64, _ planned: PlannedTrack
    ) async throws -> OriginObject {
        guard planned.plan.encryption == .cbcs, planned.track.record.description.kind == .video else {
            throw OriginError(.resourceNotFound, "Key frames of this track have no objects of their own.")
        }
        guard let found = planned.track.index.sample(startingAt: decodeTime),
            planned.track.index.sample(found.sample).isSync,
            let trackKey = try planned.key(ofSegment: found.segment),
            let key = try await contentKey(of: planned, segment: found.segment)
        else { throw OriginError(.timestampNotFound, "No encrypted key frame starts at this time.") }
        try planned.track.check(.transportStream)
        let source = SampleAESSegment(
            track: try planned.track.transportStream.get(), media: planned.track.media, number: trackKey.number,
            segment: found.segment, key: key, keyFrame: found.sample)
        let size = try sampleStreamSizes.size(of: source, planned)
        return OriginObject(
            contentType: "video/mp2t", size: UInt64(size),
            entityTag: try EntityTag.of(planned, segment: found.segment, "ts/iframe-\(decodeTime)"),
            lastModified: planned.version.record.created, lifetime: .immutable, body: .segment(source))
    }

    private func cmafSegment(
        _ number: Int, _ planned: PlannedTrack, _ key: ContentKey?
    ) throws -> (any SegmentSource, Int) {
        let parameters = try planned.sampleProtection(ofSegment: number)
        let plan = try planned.fragmentPlan(ofSegment: number, key: key)
        guard parameters != nil else {
            let clear = CMAFSegment(plan: plan, key: nil, media: planned.track.media)
            return try enveloped(clear, size: plan.size, segment: number, .fragment, planned, key)
        }
        guard key?.type == planned.plan.encryption.keyType else {
            throw OriginError(.storageFault, "the segment's key is missing")
        }
        return (CMAFSegment(plan: plan, key: key, media: planned.track.media), plan.size)
    }

    private func transportStreamSegment(
        _ number: Int, _ planned: PlannedTrack, _ key: ContentKey?
    ) throws -> (any SegmentSource, Int) {
        try planned.track.check(.transportStream)
        let track = try planned.track.transportStream.get()
        if planned.plan.encryption == .cbcs, let trackKey = try planned.key(ofSegment: number) {
            guard let key else { throw OriginError(.storageFault, "the segment's key is missing") }
            let source = SampleAESSegment(
                track: track, media: planned.track.media, number: trackKey.number, segment: number, key: key)
            return (source, try sampleStreamSizes.size(of: source, planned))
        }
        let plan = try TransportStreamPlan(track: track, segment: number)
        let ranges = try FragmentPlan(planned.track.index, segment: number, protection: nil).mediaRanges
        guard let first = ranges.first, ranges.count == 1 else {
            throw OriginError(.storageFault, "a segment's samples do not lie together")
        }
        let clear = TransportStreamSegment(plan: plan, mediaRange: first, media: planned.track.media)
        return try enveloped(clear, size: plan.byteCount, segment: number, .transportStream, planned, key)
    }

    /// A segment as its plan wants it: whole under the envelope, or as it is where the plan says that it is clear.
    ///
    /// - Parameter key: that of the segment; nil for a clear one.
    func enveloped(
        _ clear: any SegmentSource, size: Int, segment: Int, _ form: IVNumber.SegmentForm, _ planned: PlannedTrack,
        _ key: ContentKey?
    ) throws -> (any SegmentSource, Int) {
        guard !planned.isText else { return (clear, size) }
        switch (planned.plan.encryption, try planned.key(ofSegment: segment), key) {
        case (.none, nil, nil), (.envelope, nil, nil), (.cenc, nil, nil), (.cbcs, nil, nil): return (clear, size)
        case (.envelope, let trackKey?, let key?):
            guard let plan = EnvelopePlan(clearSize: size) else {
                throw OriginError(.storageFault, "a segment is too large")
            }
            let source = EnvelopedSegment(
                clear: clear, key: key, number: trackKey.number, segment: UInt64(segment), form: form)
            return (source, plan.size)
        default: throw OriginError(.storageFault, "the track has no protection that fits its delivery plan")
        }
    }

    /// The key that a segment is encrypted under; nil for a clear one.
    func contentKey(of planned: PlannedTrack, segment: Int) async throws -> ContentKey? {
        guard let keyID = try planned.key(ofSegment: segment)?.keyID else { return nil }
        return try await keys.key(keyID, for: .encryption(planned.plan))
    }
}
