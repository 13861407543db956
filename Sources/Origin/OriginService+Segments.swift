import Catalog
import Foundation
import ISOBaseMedia
import MediaEncryption
import MediaModel
import Policies
import TransportStream

extension OriginService {
    /// The init segment of a CMAF track, with `tenc` and a `pssh` for each signalled system when it is protected.
    func initializationSegment(_ reference: TrackReference, _ planned: PlannedTrack) async throws -> OriginObject {
        var protection: TrackProtection?
        var headers: [ProtectionSystemHeader] = []
        if let parameters = try planned.protectionParameters {
            let key = try await keys.key(parameters.keyID, for: .encryption(planned.plan))
            protection = try parameters.trackProtection(of: planned.track.record.description.kind, key: key)
            headers = try systems(parameters, planned.plan, key: key).headers().compactMap(ProtectionSystemHeader.init)
        }
        let bytes = InitializationSegment(
            track: planned.track.record.description, protection: protection, systemHeaders: headers
        ).serialized()
        return OriginObject(
            contentType: planned.contentType, size: UInt64(bytes.count), entityTag: try EntityTag.of(bytes),
            lastModified: planned.version.record.created, lifetime: .immutable, body: .bytes(bytes))
    }

    /// A media segment: planned here, made while it is sent.
    func segment(
        _ reference: TrackReference, _ decodeTime: UInt64, _ planned: PlannedTrack
    ) async throws -> OriginObject {
        guard let number = planned.track.index.segmentIndex(startingAt: decodeTime) else {
            throw OriginError(.timestampNotFound, "No segment starts at this time.")
        }
        let source: any SegmentSource
        let size: Int
        switch reference.container {
        case .cmaf: (source, size) = try await cmafSegment(number, planned)
        case .transportStream: (source, size) = try await transportStreamSegment(number, planned)
        }
        return OriginObject(
            contentType: reference.container == .cmaf ? planned.contentType : "video/mp2t", size: UInt64(size),
            entityTag: try EntityTag.of(planned, "\(reference.container.rawValue)/\(number)"),
            lastModified: planned.version.record.created, lifetime: .immutable, body: .segment(source))
    }

    private func cmafSegment(_ number: Int, _ planned: PlannedTrack) async throws -> (any SegmentSource, Int) {
        let parameters = try planned.protectionParameters
        let plan = try FragmentPlan(planned.track.index, segment: number, protection: parameters)
        guard let parameters else { return (CMAFSegment(plan: plan, key: nil, media: planned.track.media), plan.size) }
        let key = try await keys.key(parameters.keyID, for: .encryption(planned.plan))
        return (CMAFSegment(plan: plan, key: key, media: planned.track.media), plan.size)
    }

    private func transportStreamSegment(
        _ number: Int, _ planned: PlannedTrack
    ) async throws -> (any SegmentSource, Int) {
        try planned.track.check(.transportStream)
        let track = try planned.track.transportStream.get()
        let plan = try TransportStreamPlan(track: track, segment: number)
        let ranges = try FragmentPlan(planned.track.index, segment: number, protection: nil).mediaRanges
        guard let first = ranges.first, ranges.count == 1 else {
            throw OriginError(.storageFault, "a segment's samples do not lie together")
        }
        var envelope: TransportStreamSegment.Envelope?
        var size = plan.byteCount
        if let key = planned.key {
            guard let encrypted = EnvelopePlan(clearSize: plan.byteCount) else {
                throw OriginError(.storageFault, "a segment is too large")
            }
            size = encrypted.size
            envelope = .init(
                key: try await keys.key(key.keyID, for: .encryption(planned.plan)), number: key.number,
                segment: UInt64(number))
        }
        let source = TransportStreamSegment(
            plan: plan, envelope: envelope, mediaRange: first, media: planned.track.media)
        return (source, size)
    }
}

extension PlannedTrack {
    /// What CMAF encryption needs; nil for a clear track.
    ///
    /// - Throws: `OriginError` for an encryption that CMAF does not carry here, so that nothing is clear by accident.
    var protectionParameters: ProtectionParameters? {
        get throws(OriginError) {
            switch (plan.encryption, key) {
            case (.none, nil): nil
            case (.cenc, let key?): ProtectionParameters(scheme: .cenc, keyID: key.keyID, number: key.number)
            case (.cbcs, let key?): ProtectionParameters(scheme: .cbcs, keyID: key.keyID, number: key.number)
            default: throw OriginError(.storageFault, "the track has no protection that fits its delivery plan")
            }
        }
    }

    var contentType: String {
        track.record.description.kind == .video ? "video/mp4" : "audio/mp4"
    }
}
