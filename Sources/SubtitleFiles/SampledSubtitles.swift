import TimedText

/// A sample of a text track in a movie file.
public struct TextSample: Sendable, Hashable {
    /// In milliseconds of the presentation.
    public var start: UInt64
    public var end: UInt64
    public var bytes: [UInt8]

    public init(start: UInt64, end: UInt64, bytes: [UInt8]) {
        self.start = start
        self.end = end
        self.bytes = bytes
    }
}

extension Subtitles {
    /// What a `wvtt` track shows (ISO/IEC 14496-30, 6): a cue goes on for as long as neighbouring samples hold it.
    ///
    /// - Parameter configuration: the boxes of the sample entry.
    /// - Throws: `SubtitleError` that names the sample.
    public static func webVTT(
        _ samples: [TextSample], configuration: [UInt8]
    ) throws(SubtitleError) -> Subtitles {
        var header = "WEBVTT"
        if let box = try? CueSample.configuration(configuration) {
            // Read as a file without cues, so that what is wrong with it is found.
            header = try WebVTTFile(box + [0x0A]).header
        }
        var cues: [Cue] = []
        // What the last sample showed, by number in `cues`.
        var open: [Int] = []
        for (number, sample) in samples.enumerated() {
            let shown: [SampledCue]
            do {
                shown = try CueSample.cues(of: sample.bytes, start: sample.start, end: sample.end)
            } catch {
                throw SubtitleError(.damaged, "sample \(number + 1) of its text: \(error)")
            }
            var next: [Int] = []
            for sampled in shown where !sampled.cue.payload.isEmpty {
                let same = open.first { index in
                    let cue = cues[index]
                    return cue.end >= sample.start && cue.payload == sampled.cue.payload
                        && cue.settings == sampled.cue.settings && cue.identifier == sampled.cue.identifier
                        && !next.contains(index)
                }
                if let same {
                    cues[same].end = max(cues[same].end, sample.end)
                    next.append(same)
                } else {
                    try append(
                        Cue(
                            start: sample.start, end: sample.end, identifier: sampled.cue.identifier,
                            settings: sampled.cue.settings, payload: sampled.cue.payload), to: &cues)
                    next.append(cues.count - 1)
                }
            }
            open = next
        }
        return .webVTT(header: header, cues: cues)
    }

    /// What an `stpp` track shows (ISO/IEC 14496-30, 5): each sample a document, whose times count from the beginning of the
    /// track and end with the sample. All documents must have one head.
    ///
    /// - Throws: `SubtitleError` that names the sample.
    public static func ttml(_ samples: [TextSample]) throws(SubtitleError) -> Subtitles {
        try ttml(samples) { _ in 0 }
    }

    /// What a `dfxp` track of Smooth Streaming shows: each sample a document, whose times count from the beginning of the
    /// sample, as players of Smooth Streaming take them. Some writers count from the beginning of the track all the same:
    /// where only that puts every cue into its sample, it is meant.
    ///
    /// - Throws: `SubtitleError` that names the sample.
    public static func smoothTTML(_ samples: [TextSample]) throws(SubtitleError) -> Subtitles {
        var lost = (fromSample: 0, fromTrack: 0)
        for (number, sample) in samples.enumerated() where sample.start > 0 {
            do throws(SubtitleError) {
                for cue in try TTMLFile(sample.bytes).cues {
                    if sample.start.saturatingSum(cue.start) >= sample.end { lost.fromSample += 1 }
                    if cue.start >= sample.end || cue.end <= sample.start { lost.fromTrack += 1 }
                }
            } catch {
                throw SubtitleError(error.code, "sample \(number + 1) of its text: \(error)")
            }
        }
        let countsFromTrack = lost.fromSample > 0 && lost.fromTrack == 0
        return try ttml(samples) { countsFromTrack ? 0 : $0.start }
    }

    /// - Parameter base: where the times of a sample's document begin to count, in milliseconds of the track.
    private static func ttml(
        _ samples: [TextSample], base: (TextSample) -> UInt64
    ) throws(SubtitleError) -> Subtitles {
        var whole: TimedMarkup?
        var cues: [Cue] = []
        for (number, sample) in samples.enumerated() {
            do throws(SubtitleError) {
                let document = try TTMLFile(sample.bytes)
                var markup =
                    whole
                    ?? TimedMarkup(
                        opening: document.markup.opening, body: document.markup.body, divisions: [], paragraphs: [])
                // Held once only, or adding to it would copy all of it for each sample.
                whole = nil
                guard markup.opening == document.markup.opening, markup.body == document.markup.body else {
                    throw SubtitleError(.unsupported, "its styles or regions differ from those of the first sample")
                }
                try append(document, within: sample, from: base(sample), to: &markup, &cues)
                whole = markup
            } catch {
                throw SubtitleError(error.code, "sample \(number + 1) of its text: \(error)")
            }
        }
        guard let whole else { throw SubtitleError(.damaged, "its text has no sample") }
        return .ttml(whole, cues: cues)
    }

    private static func append(
        _ document: TTMLFile, within sample: TextSample, from base: UInt64, to markup: inout TimedMarkup,
        _ cues: inout [Cue]
    ) throws(SubtitleError) {
        // The divisions that the last paragraph of the document before had may go on.
        let first = markup.divisions.count
        let goesOn = markup.divisions.suffix(document.markup.divisions.count) == document.markup.divisions[...]
        let division = goesOn ? first - document.markup.divisions.count : first
        if !goesOn { markup.divisions += document.markup.divisions }
        for (paragraph, cue) in zip(document.markup.paragraphs, document.cues) {
            var (paragraph, cue) = (paragraph, cue)
            paragraph.start = max(base.saturatingSum(paragraph.start), sample.start)
            paragraph.end = min(base.saturatingSum(paragraph.end), sample.end)
            guard paragraph.start < paragraph.end else { continue }
            (cue.start, cue.end) = (paragraph.start, paragraph.end)
            paragraph.divisions = paragraph.divisions.map { $0 + division }
            let last = markup.paragraphs.suffix(TextBounds.simultaneous).lastIndex {
                $0.end == paragraph.start && $0.content == paragraph.content && $0.attributes == paragraph.attributes
                    && $0.divisions == paragraph.divisions
            }
            if let last {
                markup.paragraphs[last].end = paragraph.end
                cues[last].end = cue.end
            } else {
                markup.paragraphs.append(paragraph)
                try append(cue, to: &cues)
            }
        }
    }

    /// What a `tx3g` track shows (3GPP TS 26.245): its text, without styles and places.
    ///
    /// - Throws: `SubtitleError` that names the sample.
    public static func timedText(_ samples: [TextSample]) throws(SubtitleError) -> Subtitles {
        var cues: [Cue] = []
        for (number, sample) in samples.enumerated() {
            guard sample.bytes.count >= 2 else {
                throw SubtitleError(.damaged, "sample \(number + 1) of its text ends too early")
            }
            let length = Int(sample.bytes[0]) << 8 | Int(sample.bytes[1])
            let text = sample.bytes.dropFirst(2).prefix(length)
            guard text.count == length, !text.starts(with: [0xFE, 0xFF]),
                let string = String(validating: text, as: UTF8.self)
            else { throw SubtitleError(.damaged, "sample \(number + 1) of its text is not text in UTF-8") }
            let lines = string.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            let payload = CueRun.payload(of: [CueRun(lines)])
            guard !payload.isEmpty else { continue }
            try append(Cue(start: sample.start, end: sample.end, payload: payload), to: &cues)
        }
        return .webVTT(header: "WEBVTT", cues: cues)
    }

    private static func append(_ cue: Cue, to cues: inout [Cue]) throws(SubtitleError) {
        guard cues.count < TextBounds.cues else {
            throw SubtitleError(.limitExceeded, "it has more than \(TextBounds.cues) cues")
        }
        cues.append(cue)
    }
}

extension UInt64 {
    /// Samples may lie as late as their file says.
    fileprivate func saturatingSum(_ other: UInt64) -> UInt64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
