public import MediaModel

/// One track as players see it.
public struct PresentedTrack: Sendable {
    /// Codec, format, language and timescale; its name is part of addresses and names the Representation.
    public var description: TrackDescription
    /// In order, without gaps in their numbering; at least one.
    public var segments: [PresentedSegment]
    /// Whether segments have pictures that are shown before their key frame: without the segment before, those are not there.
    public var hasOpenSegments = false
    /// What an I-frame playlist lists, in order; none unless it is given.
    public var keyFrames: [PresentedKeyFrame] = []
    /// Nil when the track leaves the origin in the clear.
    public var protection: TrackProtection?
    /// What each segment is under; nil where all are under `protection`, which is the first one otherwise.
    public var schedule: ProtectionSchedule?
    /// Where playlist, init segment and segments lie.
    public var addresses: TrackAddresses
    /// The track of sound that is in the segments of this one; nil where each track has its own.
    public var muxedSound: TrackDescription?
    /// A name for people, such as that of an audio language; any text.
    public var label: String?
    /// Chosen by players that have no reason to choose another one of its kind.
    public var isDefault: Bool
    /// Bits per second of the largest segment and over the whole track, with the container's own bytes if the caller
    /// knows them; at first those of the description.
    public var peakBitrate: Int
    /// Bits per second over the whole track, likewise.
    public var averageBitrate: Int

    /// A track with the bit rates and the label of its description, and not the default.
    public init(
        description: TrackDescription, segments: [PresentedSegment], addresses: TrackAddresses,
        protection: TrackProtection? = nil
    ) {
        self.description = description
        self.segments = segments
        self.addresses = addresses
        self.protection = protection
        label = description.label
        isDefault = false
        peakBitrate = description.peakBitrate
        averageBitrate = description.averageBitrate
    }

    func check() throws(PresentationError) {
        if let defect = description.defect { throw error(defect) }
        guard !segments.isEmpty else { throw error("there is no segment") }
        guard segments.allSatisfy({ $0.start <= 1 << 62 && $0.duration <= 1 << 62 }) else {
            throw error("a segment's time is out of range")
        }
        let isImage = description.kind == .image
        guard addresses.media.contains(isImage ? .number : .time) else {
            throw error("the address of segments lacks \(isImage ? "{number}" : "{time}")")
        }
        try protection?.check(self)
        try schedule?.check(self)
    }

    func checkVectors() throws(PresentationError) {
        try protection?.checkVectors(self)
    }

    func error(_ reason: String) -> PresentationError {
        PresentationError("track '\(description.name)': \(reason)")
    }
}

/// When a segment plays, in the track's timescale.
public struct PresentedSegment: Sendable, Hashable {
    /// Decode time of the first sample; names the segment in its address.
    public var start: UInt64
    /// Sum of its samples' durations.
    public var duration: UInt64

    /// Both in the timescale of the track.
    public init(start: UInt64, duration: UInt64) {
        self.start = start
        self.duration = duration
    }
}

extension PresentedTrack {
    /// The segments of an index.
    public static func segments(of index: TrackIndex) -> [PresentedSegment] {
        (0..<index.segmentCount).map { number in
            let entry = index.segment(number)
            return PresentedSegment(start: entry.decodeTime, duration: entry.duration)
        }
    }

    /// The label, unless it is empty.
    var shownLabel: String? { label.flatMap { $0.isEmpty ? nil : $0 } }

    /// The language, unless it is unknown or not in the form of `xs:language`, which XML readers insist on.
    var languageTag: String? {
        let parts = description.language.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard description.language != "und", let primary = parts.first,
            primary.allSatisfy({ !(0x30...0x39).contains($0) }), parts.allSatisfy({ (1...8).contains($0.count) })
        else { return nil }
        return description.language
    }

    var duration: UInt64 { segments.last.map { microseconds($0.start + $0.duration) } ?? 0 }

    var longestSegment: UInt64 { segments.map(\.duration).max().map(microseconds) ?? 0 }

    /// A time of the track in microseconds, rounded to the nearest; `UInt64.max` when it does not fit.
    func microseconds(_ time: UInt64) -> UInt64 {
        let scale = UInt64(description.timescale)
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: max(scale, 1))
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000)
        let sum = whole.partialValue.addingReportingOverflow((rest * 1_000_000 + scale / 2) / max(scale, 1))
        return whole.overflow || sum.overflow ? .max : sum.partialValue
    }
}

/// A number of microseconds as decimal seconds, at least `digits` and at most six behind the point.
func decimalSeconds(_ microseconds: UInt64, digits: Int = 0) -> String {
    let (whole, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    var fraction = String(String(1_000_000 + rest).dropFirst())
    while fraction.utf8.count > digits, fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
}
