import SubtitleFiles
import Testing
import TimedText

@Suite struct TTMLFileTests {
    private static let open =
        "<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" "
        + "xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\""

    private func read(_ body: String, _ attributes: String = "", head: String = "") throws -> TTMLFile {
        try TTMLFile(Array("\(Self.open) \(attributes)>\(head)<body>\(body)</body></tt>".utf8))
    }

    @Test func stylesAreFollowedAndInherited() throws {
        let file = try read(
            """
            <div style="em"><p begin="1s" end="2s">  A
              <span tts:fontStyle="normal">plain</span><br/> <span tts:fontWeight="bold">strong &amp; <![CDATA[<x>]]></span> </p></div>
            """, "xml:lang=\"de\"",
            head: "<head><styling><style xml:id=\"base\" tts:textDecoration=\"underline\"/>"
                + "<style xml:id=\"em\" style=\"base\" tts:fontStyle=\"italic\"/></styling></head>")
        #expect(file.language == "de")
        #expect(
            file.cues == [
                Cue(
                    start: 1000, end: 2000,
                    payload: "<i><u>A </u></i><u>plain</u>\n<b><i><u>strong &amp; &lt;x&gt;</u></i></b>")
            ])
        #expect(file.markup.divisions == [" style=\"em\""])
        #expect(file.markup.opening.contains("<style xml:id=\"em\" style=\"base\" tts:fontStyle=\"italic\"/>"))
    }

    static let times: [(attributes: String, begin: String, end: String, start: UInt64, stop: UInt64)] = [
        ("", "00:00:01.500", "00:00:02", 1500, 2000), ("ttp:frameRate=\"25\"", "00:00:01:05", "50f", 1200, 2000),
        ("ttp:frameRate=\"30\" ttp:frameRateMultiplier=\"1000 1001\"", "30f", "00:00:02:00", 1001, 2000),
        ("ttp:tickRate=\"10000000\"", "15000000t", "20000000t", 1500, 2000), ("", "1500ms", "0.5m", 1500, 30000),
        ("", "0.5h", "01:00:00.1234567", 1_800_000, 3_600_123),
    ]

    @Test(arguments: times)
    func timeExpressionsOfEveryKindAreRead(
        attributes: String, begin: String, end: String, start: UInt64, stop: UInt64
    ) throws {
        let file = try read("<div><p begin=\"\(begin)\" end=\"\(end)\">x</p></div>", attributes)
        #expect(file.cues == [Cue(start: start, end: stop, payload: "x")])
    }

    @Test func timesCountFromWhatIsAround() throws {
        let file = try read(
            "<div begin=\"10s\" end=\"20s\"><p begin=\"1s\" dur=\"3s\">x</p><p begin=\"8s\" end=\"30s\">y</p></div>")
        #expect(
            file.cues == [
                Cue(start: 11000, end: 14000, payload: "x"), Cue(start: 18000, end: 20000, payload: "y"),
            ])
    }

    /// A paragraph that changes becomes as many as there are states of it.
    @Test func timedSpansBecomeParagraphs() throws {
        let file = try read(
            "<div><p begin=\"1s\" end=\"4s\"><span begin=\"0s\">a</span><span begin=\"1s\" end=\"2s\"> b</span></p></div>"
        )
        #expect(file.cues.map(\.payload) == ["a", "a b", "a"])
        #expect(file.cues.map(\.start) == [1000, 2000, 3000])
        #expect(
            file.markup.paragraphs.map(\.content) == [
                "<span>a</span>", "<span>a</span><span> b</span>", "<span>a</span>",
            ])
    }

    @Test func namesOfDraftsMeanTheSame() throws {
        let file = try TTMLFile(
            Array(
                """
                <tt xmlns="http://www.w3.org/2006/10/ttaf1" xmlns:s="http://www.w3.org/2006/10/ttaf1#style">
                <body><div><p begin="00:00:01.00" end="00:00:02.00" s:fontStyle="italic">x</p></div></body></tt>
                """.utf8))
        #expect(file.cues == [Cue(start: 1000, end: 2000, payload: "<i>x</i>")])
        #expect(file.markup.paragraphs.map(\.attributes) == [" tts:fontStyle=\"italic\""])
    }

    static let refused: [(text: String, code: SubtitleError.Code, line: Int)] = [
        ("", .notSubtitles, 1), ("<tt/>", .notSubtitles, 1),
        ("<!DOCTYPE tt [<!ENTITY a \"b\">]><tt/>", .unsupported, 1),
        (open + ">\n<body><div><p begin=\"x\">y</p></div></body></tt>", .damaged, 2),
        (open + ">\n<body>\n<div><p begin=\"3s\" end=\"2s\">y</p></div></body></tt>", .damaged, 3),
        (open + ">\n<body><div><p>y</div></p></body></tt>", .damaged, 2),
        (open + "><body>&b;</body></tt>", .damaged, 1),
        (open + " ttp:timeBase=\"smpte\"/>", .unsupported, 1), (open + ">\n<body", .damaged, 2),
        (open + "><body timeContainer=\"seq\"/></tt>", .unsupported, 1), (open + " a=\"1\" a=\"2\"/>", .damaged, 1),
        (open + "><x:y/></tt>", .damaged, 1), (open + "/>\n<tt/>", .damaged, 2), ("\u{1}", .notSubtitles, 1),
        (String(repeating: "<a>", count: 65), .limitExceeded, 1),
    ]

    @Test(arguments: refused)
    func whatIsNoDocumentIsRefusedWithItsLine(text: String, code: SubtitleError.Code, line: Int) {
        let error = #expect(throws: SubtitleError.self) { try TTMLFile(Array(text.utf8)) }
        #expect(error?.code == code, "\(text): \(String(describing: error))")
        #expect(error?.line == line, "\(text): \(String(describing: error))")
    }

    /// Putting a paragraph together for each time at which it changes must not take the square of its length.
    @Test func whatWouldTakeForeverIsRefused() {
        let spans = (0..<4900).map { "<span begin=\"\($0)s\" end=\"\($0 + 1)s\">x</span>" }.joined()
        let space = String(repeating: " ", count: 64 << 10)
        let blank = (0..<1500).map { "<span begin=\"\($0)s\" end=\"\($0 + 1)s\"/>" }.joined() + space
        for content in [spans, blank] {
            let text = Self.open + "><body><div><p>\(content)</p></div></body></tt>"
            let error = #expect(throws: SubtitleError.self) { try TTMLFile(Array(text.utf8)) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test func anyBytesAreTakenOrRefused() {
        var random = SeededBytes(seed: 11)
        let whole = Array(
            (Self.open + "><head><styling><style xml:id=\"a\" style=\"a\"/></styling></head><body><div style=\"a\">"
                + "<p begin=\"1s\" end=\"2s\">x<br/><span begin=\"0.1s\">&amp;<![CDATA[y]]></span><!-- z --></p></div></body></tt>")
                .utf8)
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
            guard let file = try? TTMLFile(bytes) else { continue }
            // What is written can be read again, and means the same.
            guard let samples = try? file.markup.samples(until: 6000), let sample = samples.first?.first else {
                continue
            }
            let again = try? TTMLFile(sample.bytes)
            let shown = file.cues.filter { $0.start < 6000 }
            #expect(again?.cues.map(\.payload) == shown.map(\.payload), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
