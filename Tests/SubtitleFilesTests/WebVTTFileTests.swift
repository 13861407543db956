import SubtitleFiles
import Testing
import TimedText

@Suite struct WebVTTFileTests {
    private func read(_ text: String) throws(SubtitleError) -> WebVTTFile { try WebVTTFile(Array(text.utf8)) }

    @Test func cuesStylesAndCommentsAreToldApart() throws {
        let file = try read(
            """
            \u{FEFF}WEBVTT - a film
            X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000

            STYLE
            ::cue(b) { color: yellow }

            REGION
            id:top

            NOTE
            a comment

            first
            00:01.000 --> 00:03.500 align:start line:0
            <b>Hello</b> &amp;
            you

            00:00:03.500\t-->\t100:00:00.000
            """.replacing("100:00:00.000", with: "01:00:00.000\nlong"))
        #expect(file.header == "WEBVTT\n\nSTYLE\n::cue(b) { color: yellow }\n\nREGION\nid:top")
        #expect(
            file.cues == [
                Cue(
                    start: 1000, end: 3500, identifier: "first", settings: "align:start line:0",
                    payload: "<b>Hello</b> &amp;\nyou"),
                Cue(start: 3500, end: 3_600_000, payload: "long"),
            ])
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func lineEndsOfAnyKindAreTaken(end: String) throws {
        let text = "WEBVTT\n\n00:01.000 --> 00:02.000\na\nb\n\n".replacing("\n", with: end)
        #expect(try read(text).cues == [Cue(start: 1000, end: 2000, payload: "a\nb")])
    }

    @Test func cuesThatAreNeverOnShowAreCounted() throws {
        let file = try read("WEBVTT\n\n00:01.000 --> 00:01.000\na\n\n00:01.000 --> 00:02.000\n\nNOTE x")
        #expect(file.cues.isEmpty)
        #expect(file.emptyCues == 2)
    }

    static let damage: [(text: String, line: Int, code: SubtitleError.Code)] = [
        ("", 1, .notSubtitles), ("WEBVTTX\n", 1, .notSubtitles),
        ("1\n00:00:01,000 --> 00:00:02,000\nsrt", 1, .notSubtitles),
        ("WEBVTT\n00:01.000 --> 00:02.000\na", 2, .damaged), ("WEBVTT\n\n00:01,000 --> 00:02,000\na", 3, .damaged),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\na", 3, .damaged), ("WEBVTT\n\n00:02.000 --> 00:01.000\na", 3, .damaged),
        ("WEBVTT\n\nid\nno times", 3, .damaged), ("WEBVTT\n\n00:01.000 -->", 3, .damaged),
        ("WEBVTT\n\n99999999:00:01.000 --> 99999999:00:02.000\na", 3, .damaged),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:03.000 --> 00:04.000\nb", 5, .damaged),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\0b", 4, .damaged),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\n\nSTYLE\n::cue {}", 6, .damaged),
    ]

    @Test(arguments: damage)
    func damageIsNamedByItsLine(text: String, line: Int, code: SubtitleError.Code) {
        let error = #expect(throws: SubtitleError.self) { try read(text) }
        #expect(error?.line == line)
        #expect(error?.code == code)
    }

    @Test func bytesThatAreNoTextAreRefused() {
        let error = #expect(throws: SubtitleError.self) {
            try WebVTTFile(Array("WEBVTT\n\n00:01.000 --> 00:02.000\n".utf8) + [0xC3, 0x28])
        }
        #expect(error?.line == 4)
    }

    @Test func tooManyCuesAreRefused() {
        let text = "WEBVTT\n\n" + String(repeating: "00:01.000 --> 00:02.000\na\n\n", count: TextBounds.cues + 1)
        let error = #expect(throws: SubtitleError.self) { try read(text) }
        #expect(error?.code == .limitExceeded)
    }

    /// No bytes make it trap, and what it takes keeps its promises.
    @Test func anyBytesAreTakenOrRefused() {
        var random = SeededBytes(seed: 7)
        let whole = Array("WEBVTT\n\nSTYLE\n::cue{}\n\nid\n00:01.000 --> 00:02.000 line:0\n<i>a</i> &lt;\nb\n\n".utf8)
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<random.below(6) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.remove(at: place)
                default: bytes.insert(whole[random.below(whole.count)], at: place)
                }
            }
            guard let file = try? WebVTTFile(bytes) else { continue }
            for cue in file.cues {
                #expect(cue.start < cue.end && !cue.payload.isEmpty && !cue.payload.contains("\n\n"))
                _ = CueRun.runs(of: cue.payload)
            }
        }
    }
}

/// A small generator with a fixed seed.
struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }
}
