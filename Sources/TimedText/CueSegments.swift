/// Cuts cues into segments and samples.
public struct CueSegments: Sendable {
    /// Of each segment but the last, in milliseconds.
    public static let duration: UInt64 = 6000

    public struct Sample: Sendable, Hashable {
        /// In milliseconds.
        public var duration: UInt32
        public var bytes: [UInt8]

        public init(duration: UInt32, bytes: [UInt8]) {
            self.duration = duration
            self.bytes = bytes
        }
    }

    /// Where segments begin, and where the last one ends.
    ///
    /// - Parameter end: of the presentation, in milliseconds; at least 1.
    public static func boundaries(until end: UInt64) -> [UInt64] {
        Array(stride(from: 0, to: max(1, end), by: UInt64.Stride(duration))) + [max(1, end)]
    }

    /// The segments of a `wvtt` track: in each, one sample for each stretch of time in which nothing comes or goes.
    ///
    /// - Parameters:
    ///   - cues: in any order; what lies beyond the end is not shown.
    ///   - end: of the presentation, in milliseconds.
    /// - Throws: `TextLimit` when too much is on show at once, or the track would become too large.
    public static func samples(of cues: [Cue], until end: UInt64) throws(TextLimit) -> [[Sample]] {
        let ordered = cues.enumerated().filter { $0.element.start < end && $0.element.start < $0.element.end }
            .sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
        let boundaries = boundaries(until: end)
        var next = 0
        var shown: [(number: Int, cue: Cue)] = []
        var total = 0
        var segments: [[Sample]] = []
        for (begin, finish) in zip(boundaries, boundaries.dropFirst()) {
            var samples: [Sample] = []
            var time = begin
            while time < finish {
                shown.removeAll { $0.cue.end <= time }
                while next < ordered.count, ordered[next].element.start <= time {
                    if ordered[next].element.end > time { shown.append((ordered[next].offset, ordered[next].element)) }
                    next += 1
                }
                guard shown.count <= TextBounds.simultaneous else { throw TextLimit.simultaneous(at: time) }
                let nextStart = next < ordered.count ? ordered[next].element.start : finish
                let until = min(finish, nextStart, shown.map(\.cue.end).min() ?? finish)
                let bytes = CueSample.bytes(
                    shown.map { number, cue in
                        SampledCue(
                            source: UInt32(truncatingIfNeeded: number), cue: cue,
                            isTimed: cue.start < begin || cue.end > finish)
                    })
                total += bytes.count
                guard total <= TextBounds.trackSize else { throw TextLimit.trackSize }
                samples.append(Sample(duration: UInt32(clamping: until - time), bytes: bytes))
                time = until
            }
            guard samples.reduce(0, { $0 + $1.bytes.count }) <= TextBounds.segmentSize else {
                throw TextLimit.segmentSize(at: begin)
            }
            segments.append(samples)
        }
        return segments
    }

    /// The cues that a segment shows, each once, with all of their times.
    ///
    /// - Parameter samples: of the segment, each with the cues on show.
    public static func joined(_ samples: [[SampledCue]]) -> [Cue] {
        /// What goes on from sample to sample.
        struct Content: Hashable {
            var source: UInt32
            var payload: String
            var settings: String
        }
        var cues: [SampledCue] = []
        // The numbers of those alike, in order: a segment may have tens of thousands.
        var alike: [Content: [Int]] = [:]
        for sample in samples {
            for sampled in sample {
                let content = Content(
                    source: sampled.source, payload: sampled.cue.payload, settings: sampled.cue.settings)
                // No more of them can be on show together.
                let last = alike[content]?.suffix(TextBounds.simultaneous).last {
                    cues[$0].cue.end == sampled.cue.start || cues[$0].cue.start == sampled.cue.start
                }
                if let last {
                    cues[last].cue.end = max(cues[last].cue.end, sampled.cue.end)
                } else {
                    alike[content, default: []].append(cues.count)
                    cues.append(sampled)
                }
            }
        }
        return cues.map(\.cue)
    }
}

/// Which bound of text tracks was reached.
public enum TextLimit: Error, Sendable, Hashable, CustomStringConvertible {
    /// In milliseconds.
    case simultaneous(at: UInt64)
    case segmentSize(at: UInt64)
    case trackSize

    public var description: String {
        switch self {
        case .simultaneous(let time):
            "more than \(TextBounds.simultaneous) cues are shown at \(CueTime.text(time))"
        case .segmentSize(let time):
            "what is shown from \(CueTime.text(time)) on makes a segment of more than \(TextBounds.segmentSize) bytes"
        case .trackSize: "cut into segments it has more than \(TextBounds.trackSize) bytes"
        }
    }
}
