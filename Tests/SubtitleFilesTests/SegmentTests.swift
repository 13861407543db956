import ISOBaseMedia
import MediaModel
import SubtitleFiles
import Testing
import TimedText

/// Cues become segments and come out of them again.
@Suite struct SegmentTests {
    private let cues = [
        Cue(start: 1000, end: 3500, identifier: "1", settings: "line:0", payload: "a"),
        Cue(start: 3000, end: 13000, payload: "across"), Cue(start: 3000, end: 4000, payload: "b\nc"),
        Cue(start: 20000, end: 99000, payload: "goes on"),
    ]

    @Test func segmentsHaveNoGapsAndACueStandsInEachThatShowsIt() throws {
        let segments = try CueSegments.samples(of: cues, until: 22500)
        #expect(segments.map { $0.reduce(0) { $0 + $1.duration } } == [6000, 6000, 6000, 4500])
        var time: UInt64 = 0
        let shown = try segments.map { samples in
            CueSegments.joined(
                try samples.map { sample in
                    defer { time += UInt64(sample.duration) }
                    return try CueSample.cues(of: sample.bytes, start: time, end: time + UInt64(sample.duration))
                })
        }
        #expect(shown == [Array(cues[0...2]), [cues[1]], [cues[1]], [cues[3]]])
    }

    /// An arrow in a cue would begin another one, also where a mark behind it makes another character of it.
    @Test(arguments: ["payl", "iden", "sttg"] as [FourCC], ["-->", "-->\u{338}", "--->", "-->\u{20D2} 00:02.000"])
    func noCueHoldsAnArrow(box: FourCC, arrow: String) throws {
        let text = Array("00:01.000 \(arrow)".utf8)
        let sample = ContainerBox("vttc", [OpaqueBox(box, payload: text)]).serialized()
        let cues = try CueSample.cues(of: sample, start: 0, end: 1000).map(\.cue)
        let bytes = Array(WebVTTSegment.text(header: "WEBVTT", cues: cues, clock: 0).utf8)
        #expect(bytes.split(separator: Array("-->".utf8), omittingEmptySubsequences: false).count == 2)
    }

    @Test func anySetOfCuesComesOutAsItWentIn() throws {
        var random = SeededBytes(seed: 3)
        for round in 0..<40 {
            let cues = (0..<random.below(40)).map { number in
                let start = UInt64(random.below(40000))
                return Cue(start: start, end: start + 1 + UInt64(random.below(15000)), payload: "\(round) \(number)")
            }
            let end: UInt64 = 45000
            let segments = try CueSegments.samples(of: cues, until: end)
            for (number, samples) in segments.enumerated() {
                var time = UInt64(number) * 6000
                let finish = min(time + 6000, end)
                let begin = time
                let shown = CueSegments.joined(
                    try samples.map { sample in
                        defer { time += UInt64(sample.duration) }
                        return try CueSample.cues(of: sample.bytes, start: time, end: time + UInt64(sample.duration))
                    })
                #expect(time == finish)
                let expected = cues.filter { $0.start < finish && $0.end > begin }
                #expect(Set(shown) == Set(expected))
                #expect(shown.count == expected.count)
            }
        }
    }

    @Test func tooMuchAtOnceIsRefused() {
        let many = (0...TextBounds.simultaneous).map { Cue(start: 0, end: 1000, payload: "\($0)") }
        #expect(throws: TextLimit.simultaneous(at: 0)) { try CueSegments.samples(of: many, until: 1000) }
        let long = [Cue(start: 0, end: 360_000_000, payload: String(repeating: "x", count: 1 << 19))]
        #expect(throws: TextLimit.trackSize) { try CueSegments.samples(of: long, until: 360_000_000 - 1) }
        let large = [Cue(start: 0, end: 1000, payload: String(repeating: "x", count: 1 << 20))]
        #expect(throws: TextLimit.segmentSize(at: 0)) { try CueSegments.samples(of: large, until: 1000) }
    }

    @Test func bytesThatAreNoSampleAreRefusedOrRead() {
        var random = SeededBytes(seed: 5)
        let whole = CueSample.bytes([
            SampledCue(source: 1, cue: cues[0], isTimed: true), SampledCue(source: 2, cue: cues[2], isTimed: false),
        ])
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<(1 + random.below(4)) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            guard let read = try? CueSample.cues(of: bytes, start: 0, end: 10) else { continue }
            for cue in read.map(\.cue) {
                #expect(cue.start < cue.end && !cue.payload.contains("-->") && !cue.payload.contains("\n\n"))
                #expect(!cue.settings.contains("\n") && !cue.identifier.contains("\n"))
            }
        }
    }

    @Test func theSegmentOfHLSIsAFileOfItsOwn() throws {
        let header = "WEBVTT\n\nSTYLE\n::cue { color: red }"
        let text = WebVTTSegment.text(header: header, cues: Array(cues[0...1]), clock: 900_000)
        #expect(
            text == """
                WEBVTT
                X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000

                STYLE
                ::cue { color: red }

                1
                00:00:01.000 --> 00:00:03.500 line:0
                a

                00:00:03.000 --> 00:00:13.000
                across


                """)
        let read = try WebVTTFile(Array(text.utf8))
        #expect(read.cues == Array(cues[0...1]))
        #expect(read.header == header)
    }

    @Test func timesOfADocumentAreMovedInPlace() throws {
        let markup = TimedMarkup(cues, language: "en")
        let segments = try markup.samples(until: 22500)
        #expect(segments.count == 4)
        var bytes = try #require(segments[1].first?.bytes)
        let size = bytes.count
        MarkupTimes.rebase(&bytes, to: 6000)
        #expect(bytes.count == size)
        #expect(try TTMLFile(bytes).cues == [Cue(start: 0, end: 7000, payload: "across")])
        // A document that shows nothing is one, too.
        #expect(try TTMLFile(try #require(segments[2].first?.bytes)).cues.map(\.payload) == ["across"])
    }

    /// Each character with its style; line breaks have none.
    private func styled(_ payload: String) -> [String] {
        CueRun.runs(of: payload).flatMap { run in
            run.text.map { $0 == "\n" ? "\n" : "\($0)\(run.style.rawValue)" }
        }
    }

    static let payloads = ["a <i>b</i> <b><u>c</u></b>", "x &amp; y &lt;z&gt;", "two\nlines <i>go\non</i>"]

    @Test(arguments: payloads)
    func plainTextSurvivesTheWayThereAndBack(payload: String) throws {
        let markup = TimedMarkup([Cue(start: 0, end: 1000, payload: payload)], language: "und")
        let document = try TTMLFile(try #require(try markup.samples(until: 2000).first?.first).bytes)
        let back = try #require(document.cues.first).payload
        #expect(styled(back) == styled(payload))
    }

    @Test func bothFormsAreTracksThatCanBeStored() throws {
        let tracks = try SubtitleTrack.both(
            .webVTT(header: "WEBVTT", cues: cues), name: "text-de", language: "de", role: .forced, until: 22500)
        #expect(tracks.map(\.description.name) == ["text-de", "text-de-ttml"])
        #expect(tracks.map { $0.description.defect } == [nil, nil])
        #expect(tracks.map { $0.description.text?.isConverted } == [false, true])
    }

    static let names: [(name: String, language: String?, role: TextFormat.Role)] = [
        ("film.en.vtt", "en", .subtitle), ("film.pt-BR.forced.ttml", "pt-BR", .forced),
        ("a.b.en.sdh.vtt", "en", .caption),
        ("film.vtt", nil, .subtitle), ("en.vtt", nil, .subtitle), ("film.sdh.de.dfxp", "de", .caption),
        ("film.2024.vtt", nil, .subtitle), ("film.de.CC.xml", "de", .caption),
    ]

    @Test(arguments: names)
    func namesOfFilesSayLanguageAndRole(name: String, language: String?, role: TextFormat.Role) throws {
        let read = try #require(SubtitleName(name))
        #expect(read.language == language)
        #expect(read.role == role)
        #expect(SubtitleName(name + ".mp4") == nil)
    }

    /// Samples come from files of others: nothing in a cue makes another one of a segment of WebVTT.
    @Test(arguments: ["-->", "----->>", "00:00.000 --> 09:00.000", "a\r\n\r\n00:00.000 --> 09:00.000\r\nb", "--\u{0}>"])
    func anArrowInACueBeginsNoOther(text: String) throws {
        var cue = Cue(start: 1000, end: 2000, payload: text)
        cue.identifier = text
        cue.settings = text
        let bytes = CueSample.bytes([SampledCue(source: 1, cue: cue, isTimed: false)])
        let read = try CueSample.cues(of: bytes, start: 1000, end: 2000).map(\.cue)
        let segment = WebVTTSegment.text(header: "WEBVTT", cues: read, clock: 0)
        #expect(segment.split(separator: "-->", omittingEmptySubsequences: false).count == 2, "\(segment)")
        #expect(segment.split(separator: "\n\n").count { $0.contains("-->") } == 1)
    }
}
