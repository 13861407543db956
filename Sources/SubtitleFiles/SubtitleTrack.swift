public import MediaModel
public import TimedText

/// Subtitles that were read, whatever they were read from.
public enum Subtitles: Sendable {
    /// - Parameter header: `WEBVTT` and what belongs to all cues.
    case webVTT(header: String, cues: [Cue])
    case ttml(TimedMarkup, cues: [Cue])

    public var cues: [Cue] {
        switch self {
        case .webVTT(_, let cues), .ttml(_, let cues): cues
        }
    }

    /// The same, shown later or, below zero, earlier; what then ends before the film begins is left out.
    ///
    /// - Parameter milliseconds: unless zero, TTML becomes WebVTT: its times stand in its markup.
    public func moved(by milliseconds: Int64) -> Subtitles {
        guard milliseconds != 0 else { return self }
        let cues = cues.compactMap { $0.moved(by: milliseconds) }
        return switch self {
        case .webVTT(let header, _): .webVTT(header: header, cues: cues)
        case .ttml: .webVTT(header: "WEBVTT", cues: cues)
        }
    }
}

extension Cue {
    fileprivate func moved(by milliseconds: Int64) -> Cue? {
        func moved(_ time: UInt64) -> UInt64 {
            milliseconds > 0
                ? time.addingReportingOverflow(milliseconds.magnitude).partialValue
                : time - min(time, milliseconds.magnitude)
        }
        var cue = self
        cue.start = moved(start)
        cue.end = moved(end)
        return cue.end > cue.start ? cue : nil
    }
}

/// A text track as it is stored: its description, and its segments.
public struct SubtitleTrack: Sendable {
    /// Units per second: milliseconds.
    public static let timescale: UInt32 = 1000

    /// Bit rates are not known yet.
    public var description: TrackDescription
    /// Six seconds each, from zero to the end of the presentation without gaps.
    public let segments: [[CueSegments.Sample]]

    /// The track in both forms that players read: as it was given, and made from that.
    ///
    /// - Parameters:
    ///   - name: of the track; the second form's has the form's behind it.
    ///   - end: of the presentation, in milliseconds.
    /// - Throws: `SubtitleError` when too much is on show at once.
    public static func both(
        _ subtitles: Subtitles, name: String, language: String, role: TextFormat.Role, until end: UInt64
    ) throws(SubtitleError) -> [SubtitleTrack] {
        do throws(TextLimit) {
            switch subtitles {
            case .webVTT(let header, let cues):
                return [
                    SubtitleTrack(
                        .webVTT(header), name: name, language, TextFormat(role: role),
                        try CueSegments.samples(of: cues, until: end)),
                    SubtitleTrack(
                        .ttml, name: name + "-ttml", language, TextFormat(role: role, isConverted: true),
                        try TimedMarkup(cues, language: language).samples(until: end)),
                ]
            case .ttml(let markup, let cues):
                return [
                    SubtitleTrack(
                        .ttml, name: name, language, TextFormat(role: role), try markup.samples(until: end)),
                    SubtitleTrack(
                        .webVTT("WEBVTT"), name: name + "-vtt", language, TextFormat(role: role, isConverted: true),
                        try CueSegments.samples(of: cues, until: end)),
                ]
            }
        } catch {
            throw SubtitleError(.limitExceeded, error.description)
        }
    }

    private enum Form {
        case webVTT(String)
        case ttml
    }

    private init(
        _ form: Form, name: String, _ language: String, _ format: TextFormat, _ segments: [[CueSegments.Sample]]
    ) {
        let codec =
            switch form {
            case .webVTT(let header):
                CodecConfiguration(sampleEntry: "wvtt", decoderSpecific: Array(header.utf8), codecString: "wvtt")
            // Namespace, no schema, no other resources (ISO/IEC 14496-12, 12.6.3.2).
            case .ttml:
                CodecConfiguration(
                    sampleEntry: "stpp", decoderSpecific: Array("http://www.w3.org/ns/ttml\0\0\0".utf8),
                    codecString: "stpp.ttml.im1t")
            }
        description = TrackDescription(
            name: name, kind: .text, codec: codec, timescale: Self.timescale, language: language, averageBitrate: 0,
            peakBitrate: 0, text: format)
        self.segments = segments
    }
}
