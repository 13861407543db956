/// Which protection each segment of a track has, where not all have the same one: a clear lead, crypto periods.
public struct ProtectionSchedule: Sendable {
    /// Each once, in the order of its first segment. Those of whole segments have no IVs here: the track's has them all.
    public var protections: [TrackProtection]
    /// Which of them each segment of the track has; nil for a clear one.
    public var segments: [Int?]

    public init(protections: [TrackProtection] = [], segments: [Int?] = []) {
        self.protections = protections
        self.segments = segments
    }

    func check(_ track: PresentedTrack) throws(PresentationError) {
        guard track.protection != nil else { throw track.error("a clear track has no periods") }
        guard segments.count == track.segments.count,
            segments.allSatisfy({ $0.map(protections.indices.contains) ?? true })
        else { throw track.error("a segment has no period") }
        for protection in protections { try protection.check(track) }
    }

    /// The protection of a segment; nil for a clear one.
    func protection(ofSegment number: Int) -> TrackProtection? {
        guard segments.indices.contains(number), let place = segments[number] else { return nil }
        return protections[place]
    }
}

extension PresentedTrack {
    /// The protection of a segment; nil for a clear one.
    func protection(ofSegment number: Int) -> TrackProtection? {
        schedule == nil ? protection : schedule?.protection(ofSegment: number)
    }

    /// Every protection that a segment has.
    var protections: [TrackProtection] { schedule?.protections ?? (protection.map { [$0] } ?? []) }
}
