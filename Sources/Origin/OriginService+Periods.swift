import ContentKeys
import MediaModel
import Policies
import Presentations

/// What manifests say of tracks whose segments are not all under one key.
extension OriginService {
    /// The protection of each segment of a track; nil where all have the same.
    ///
    /// - Parameters:
    ///   - keyIDs: the keys of all tracks that the manifest shows.
    ///   - ticket: what key URIs carry.
    func schedule(
        of planned: PlannedTrack, in container: SegmentContainer, among keyIDs: [KeyID], ticket: String?
    ) async throws -> ProtectionSchedule? {
        guard planned.plan.times != .whole, !planned.keys.isEmpty else { return nil }
        let licences = LicenceURLs(base: keyBaseURL(), keyIDs: keyIDs, of: planned)
        var schedule = ProtectionSchedule()
        // By period; what no segment is under is not said.
        var places: [KeyID: Int] = [:]
        for segment in 0..<planned.track.index.segmentCount {
            guard let key = try planned.key(ofSegment: segment) else {
                schedule.segments.append(nil)
                continue
            }
            if places[key.keyID] == nil {
                places[key.keyID] = schedule.protections.count
                if planned.plan.encryption == .envelope {
                    schedule.protections.append(
                        .envelope(
                            EnvelopeProtection(keyID: key.keyID, keyURL: keyURL(key.keyID, planned.plan, ticket))))
                } else {
                    let parameters = try planned.protection(under: key)
                    schedule.protections.append(
                        .common(try await common(planned, parameters, container, licences, ticket)))
                }
            }
            schedule.segments.append(places[key.keyID])
        }
        return schedule
    }
}
