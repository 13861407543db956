/// Times of Smooth Streaming, 10,000,000 units a second ([MS-SSTR], 2.2.2.1), from those of a track. Every time is rounded
/// by itself to the nearest, so that differences of times do not add up their errors.
public enum SmoothTime {
    /// Units per second.
    public static let timescale: UInt32 = 10_000_000

    /// A time in units of a track's timescale; nil when it does not fit, or the timescale is zero.
    public static func units(_ time: Int64, timescale: UInt32) -> Int64? {
        guard timescale > 0 else { return nil }
        let divisor = 2 * Int128(timescale)
        let dividend = 2 * Int128(time) * Int128(Self.timescale) + Int128(timescale)
        var (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
        if rest < 0 {
            quotient -= 1
            rest += divisor
        }
        return Int64(exactly: quotient)
    }

    /// As `units(_:timescale:)`, of a time that is not negative.
    public static func units(_ time: UInt64, timescale: UInt32) -> UInt64? {
        Int64(exactly: time).flatMap { units($0, timescale: timescale) }.flatMap { UInt64(exactly: $0) }
    }
}

/// Where the times of a version's tracks lie in Smooth Streaming, whose players know no negative composition offsets: pictures
/// are shown later by as much as the earliest of them precedes its decoding, and sound and text begin later by as much, so
/// that all stay in step.
public struct SmoothTiming: Sendable, Hashable {
    /// In units of Smooth Streaming, not negative.
    public let delay: Int64

    /// Nothing is delayed.
    public static let none = SmoothTiming(delay: 0)

    private init(delay: Int64) {
        self.delay = delay
    }

    /// Looks at every sample of the tracks of pictures.
    public init(_ indexes: [TrackIndex]) {
        var delay: Int64 = 0
        for index in indexes where index.description.kind == .video {
            var earliest: Int32 = 0
            for number in 0..<index.sampleCount { earliest = min(earliest, index.sample(number).compositionOffset) }
            // One more, since each time is rounded by itself.
            let lead = earliest == 0 ? 0 : SmoothTime.units(-Int64(earliest), timescale: index.description.timescale)
            delay = max(delay, lead.map { $0 == 0 ? 0 : $0 + 1 } ?? 0)
        }
        self.delay = delay
    }

    /// When a fragment of a track begins; nil when that does not fit.
    public func start(_ time: UInt64, of kind: TrackKind, timescale: UInt32) -> UInt64? {
        guard let units = SmoothTime.units(time, timescale: timescale) else { return nil }
        let sum = units.addingReportingOverflow(kind == .video ? 0 : UInt64(delay))
        return sum.overflow ? nil : sum.partialValue
    }

    /// What is added to the composition offsets of a track.
    public func composition(of kind: TrackKind) -> Int64 { kind == .video ? delay : 0 }
}

extension TrackIndex {
    /// The segment that starts at exactly this time of Smooth Streaming, found by binary search.
    public func segmentIndex(startingAtSmoothTime time: UInt64, _ timing: SmoothTiming) -> Int? {
        var (low, high) = (0, segmentCount)
        while low < high {
            let middle = (low + high) / 2
            guard let start = smoothTime(of: middle, timing) else { return nil }
            if start < time { low = middle + 1 } else { high = middle }
        }
        return low < segmentCount && smoothTime(of: low, timing) == time ? low : nil
    }

    private func smoothTime(of segment: Int, _ timing: SmoothTiming) -> UInt64? {
        timing.start(self.segment(segment).decodeTime, of: description.kind, timescale: description.timescale)
    }
}
