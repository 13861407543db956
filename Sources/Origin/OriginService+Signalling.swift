import Catalog
import ContentKeys
import Foundation
import ISOBaseMedia
import MediaEncryption
import MediaModel
import Policies
import Presentations

extension OriginService {
    /// What a manifest says of a track's protection; nil for a clear track.
    func signal(
        _ planned: PlannedTrack, _ reference: TrackReference
    ) async throws -> Presentations.TrackProtection? {
        guard let trackKey = planned.key else { return nil }
        if reference.container == .transportStream { return try await envelope(planned, trackKey) }
        guard let parameters = try planned.protectionParameters else { return nil }
        return .common(try await common(planned, parameters))
    }

    /// One IV for each segment, as the segments themselves are encrypted.
    private func envelope(
        _ planned: PlannedTrack, _ trackKey: TrackKey
    ) async throws -> Presentations.TrackProtection {
        let key = try await keys.key(trackKey.keyID, for: .encryption(planned.plan))
        let vectors = try (0..<planned.track.index.segmentCount).map {
            try trackKey.number.segmentIV(UInt64($0), key: key)
        }
        return .envelope(
            EnvelopeProtection(
                keyID: trackKey.keyID, keyURL: keyURL(trackKey.keyID, planned.plan), vectors: vectors))
    }

    private func common(
        _ planned: PlannedTrack, _ parameters: ProtectionParameters
    ) async throws -> CommonProtection {
        let key = try await keys.key(parameters.keyID, for: .encryption(planned.plan))
        let protection = try parameters.trackProtection(of: planned.track.record.description.kind, key: key)
        let pssh = Data(CommonSystem.header(keyIDs: [parameters.keyID]).serialized()).base64EncodedString()
        return CommonProtection(
            scheme: parameters.scheme == .cenc ? .cenc : .cbcs, keyID: parameters.keyID,
            keyURL: keyURL(parameters.keyID, planned.plan),
            constantVector: protection.sampleProtection.constantVector,
            systems: [
                ProtectionSystemSignal(system: .common, pssh: pssh),
                ProtectionSystemSignal(system: .clearKey, licenceURL: keyBaseURL() + "/keys/clearkey"),
            ])
    }

    /// Where players get the 16 bytes of a key: as the delivery policy says, or from this service.
    private func keyURL(_ keyID: KeyID, _ plan: DeliveryPlan) -> String {
        let template = plan.policy.keyAcquisitionURL ?? keyBaseURL() + "/keys/aes?kid={kid}"
        return template.replacingOccurrences(of: "{kid}", with: keyID.description)
    }
}

extension SampleProtection {
    /// The IV that all samples share; nil when each has its own.
    fileprivate var constantVector: [UInt8]? {
        if case .constant(let bytes) = initializationVector { bytes } else { nil }
    }
}
