import Catalog
import ContentKeys
import Foundation
import ISOBaseMedia
import MediaEncryption
import MediaModel
import Policies
import Presentations
import ProtectionSystems

extension OriginService {
    /// What a manifest says of a track's protection; nil for a clear track.
    ///
    /// - Parameters:
    ///   - keyIDs: the keys of all tracks that the manifest shows.
    ///   - ticket: what key URIs carry.
    ///   - namesSegments: whether the manifest needs the IV of each segment.
    func signal(
        _ planned: PlannedTrack, _ reference: TrackReference, among keyIDs: [KeyID], ticket: String? = nil,
        namesSegments: Bool = true
    ) async throws -> Presentations.TrackProtection? {
        guard let trackKey = planned.key else { return nil }
        if planned.plan.encryption == .envelope {
            let form: IVNumber.SegmentForm = reference.container == .cmaf ? .fragment : .transportStream
            let vectors = namesSegments ? try await segmentVectors(planned) { _ in form } : []
            return .envelope(
                EnvelopeProtection(
                    keyID: trackKey.keyID, keyURL: keyURL(trackKey.keyID, planned.plan, ticket), vectors: vectors))
        }
        let parameters = try planned.protection(under: trackKey)
        let licences = LicenceURLs(base: keyBaseURL(), keyIDs: keyIDs, of: planned)
        return .common(try await common(planned, parameters, reference.container, licences, ticket))
    }

    /// One IV for each segment, as the segments themselves are encrypted; empty for a clear one.
    func segmentVectors(
        _ planned: PlannedTrack, form: (Int) throws(OriginError) -> IVNumber.SegmentForm?
    ) async throws -> [[UInt8]] {
        var vectors: [[UInt8]] = []
        for segment in 0..<planned.track.index.segmentCount {
            guard let trackKey = try planned.key(ofSegment: segment), let form = try form(segment) else {
                vectors.append([])
                continue
            }
            let key = try await keys.key(trackKey.keyID, for: .encryption(planned.plan))
            vectors.append(try trackKey.number.segmentIV(UInt64(segment), of: form, key: key))
        }
        return vectors
    }

    func common(
        _ planned: PlannedTrack, _ parameters: ProtectionParameters, _ container: SegmentContainer,
        _ licences: LicenceURLs, _ ticket: String?
    ) async throws -> CommonProtection {
        let key = try await keys.key(parameters.keyID, for: .encryption(planned.plan))
        let protection = try parameters.trackProtection(of: planned.track.record.description.kind, key: key)
        let signals = try systems(parameters, planned, key: key)
        if container == .transportStream {
            // A licence of FairPlay has one IV for a key; here each track has its own.
            guard signals.systems.contains(.clearkey) else {
                throw OriginError(
                    .formatCannotCarry,
                    "SAMPLE-AES in MPEG-TS tells players the key's URL alone, which the delivery policy does not signal.",
                    choices: StreamingFormat.choices([.hlsCMAF]))
            }
            return CommonProtection(
                scheme: .cbcs, keyID: parameters.keyID, keyURL: keyURL(parameters.keyID, planned.plan, ticket),
                constantVector: try parameters.number.sampleStreamIV(key: key))
        }
        return CommonProtection(
            scheme: parameters.scheme == .cenc ? .cenc : .cbcs, keyID: parameters.keyID,
            keyURL: signals.systems.contains(.clearkey) ? keyURL(parameters.keyID, planned.plan, ticket) : nil,
            constantVector: protection.sampleProtection.constantVector,
            systems: try signals.descriptors(licences), playlistKeys: try signals.playlistKeys(licences))
    }

    /// What the systems of the delivery policy are told of a track's keys.
    ///
    /// - Parameter parameters: of the crypto period that is spoken of, where it is one.
    func systems(
        _ parameters: ProtectionParameters, _ planned: PlannedTrack, key: ContentKey
    ) throws -> SystemSignals {
        try SystemSignals(
            scheme: parameters.scheme == .cenc ? .cenc : .cbcs, keyID: parameters.keyID, key: key,
            others: planned.keys.map(\.keyID).filter { $0 != parameters.keyID },
            systems: planned.plan.policy.signalling)
    }

    /// Where players get the 16 bytes of a key: as the delivery policy says, or from this service.
    func keyURL(_ keyID: KeyID, _ plan: DeliveryPlan, _ ticket: String?) -> String {
        let template = plan.policy.keyAcquisitionURL ?? keyBaseURL() + "/keys/aes?kid={kid}"
        let url = template.replacingOccurrences(of: "{kid}", with: keyID.description)
        return ticket.map { url + (url.contains("?") ? "&" : "?") + "ticket=\($0)" } ?? url
    }
}

extension SampleProtection {
    /// The IV that all samples share; nil when each has its own.
    fileprivate var constantVector: [UInt8]? {
        if case .constant(let bytes) = initializationVector { bytes } else { nil }
    }
}
