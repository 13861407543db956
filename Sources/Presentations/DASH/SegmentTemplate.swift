import Markup
import MediaModel

/// A SegmentTimeline (ISO/IEC 23009-1, 5.3.9.6): when segments begin, as runs of equal durations.
struct SegmentTimeline: Equatable {
    /// `S`: the start of the first segment, a duration, and how many more of it follow without a gap.
    struct Run: Equatable {
        var start: UInt64
        var duration: UInt64
        var repeats: Int
    }

    let timescale: UInt32
    let runs: [Run]

    init(_ track: PresentedTrack) {
        timescale = track.description.timescale
        var runs: [Run] = []
        var end: UInt64?
        for segment in track.segments {
            if let last = runs.last, last.duration == segment.duration, end == segment.start {
                runs[runs.count - 1].repeats += 1
            } else {
                runs.append(Run(start: segment.start, duration: segment.duration, repeats: 0))
            }
            end = segment.start + segment.duration
        }
        self.runs = runs
    }

    var element: XMLElement {
        var timeline = XMLElement("SegmentTimeline")
        for run in runs {
            var element = XMLElement("S")
            element.set("t", run.start)
            element.set("d", run.duration)
            if run.repeats > 0 { element.set("r", run.repeats) }
            timeline.append(element)
        }
        return timeline
    }
}

/// The addresses in a SegmentTemplate, equal for tracks that only differ in their names.
struct SegmentAddresses: Equatable {
    let initialization: String?
    let media: String

    init(_ track: PresentedTrack) {
        initialization = track.addresses.initialization?.dashTemplate
        media = track.addresses.media.dashTemplate
    }
}

/// SegmentTemplate (5.3.9.4). What an AdaptationSet's has, its Representations inherit.
enum SegmentTemplate {
    /// - Parameter start: what of the media's time is the start of the presentation, in microseconds.
    static func element(
        timescale: UInt32, start: UInt64, _ addresses: SegmentAddresses?, _ timeline: SegmentTimeline?
    ) -> XMLElement {
        var element = XMLElement("SegmentTemplate")
        element.set("timescale", timescale)
        if start > 0 { element.set("presentationTimeOffset", Self.units(start, timescale: timescale)) }
        if let addresses {
            element.set("initialization", addresses.initialization)
            element.set("media", addresses.media)
        }
        element.append(timeline?.element)
        return element
    }

    static func units(_ microseconds: UInt64, timescale: UInt32) -> UInt64 {
        let (high, low) = microseconds.multipliedFullWidth(by: UInt64(timescale))
        guard high < 1_000_000 else { return .max }
        return (1_000_000 as UInt64).dividingFullWidth((high, low)).quotient
    }
}
