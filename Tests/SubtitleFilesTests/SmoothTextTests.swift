import SubtitleFiles
import Testing
import TimedText

/// Text of Smooth Streaming: each sample a document of its own clock.
@Suite struct SmoothTextTests {
    private func sample(_ start: UInt64, _ end: UInt64, _ paragraphs: (String, String, String)...) -> TextSample {
        let body = paragraphs.map { "<p begin=\"\($0.0)\" end=\"\($0.1)\">\($0.2)</p>" }.joined()
        let document =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><tt xmlns=\"http://www.w3.org/2006/10/ttaf1\" xml:lang=\"de\">"
            + "<body><div>\(body)</div></body></tt>"
        return TextSample(start: start, end: end, bytes: Array(document.utf8))
    }

    private func cues(_ samples: [TextSample]) throws -> [String] {
        try Subtitles.smoothTTML(samples).cues.map { "\($0.start) \($0.end) \($0.payload)" }
    }

    @Test func timesCountFromTheSample() throws {
        let read = try cues([
            sample(0, 4000, ("1s", "2s", "a")), sample(4000, 8000, ("0s", "1500ms", "b"), ("3s", "9s", "c")),
            sample(8000, 12_000), sample(20_000, 24_000, ("1s", "2s", "d")),
        ])
        #expect(read == ["1000 2000 a", "4000 5500 b", "7000 8000 c", "21000 22000 d"])
    }

    /// ... but for writers that count from the track's beginning, as all of it shows.
    @Test func timesThatFitOnlySoCountFromTheTrack() throws {
        let read = try cues([
            sample(0, 4000, ("1s", "2s", "a")), sample(4000, 8000, ("5s", "6s", "b")),
            sample(8000, 12_000, ("8s", "12s", "c")),
        ])
        #expect(read == ["1000 2000 a", "5000 6000 b", "8000 12000 c"])
    }

    @Test func whatFitsNeitherWayIsCutToItsSample() throws {
        let read = try cues([sample(4000, 8000, ("1s", "2s", "a"), ("90s", "91s", "b"))])
        #expect(read == ["5000 6000 a"])
    }

    @Test func samplesMayLieAnywhere() throws {
        let late = try cues([sample(.max - 2000, .max, ("1s", "99h", "a"), ("98h", "99h", "b"))])
        #expect(late == ["\(UInt64.max - 1000) \(UInt64.max) a"])
    }

    @Test func damageNamesTheSample() {
        let broken = TextSample(start: 1000, end: 2000, bytes: Array("<tt".utf8))
        let error = #expect(throws: SubtitleError.self) { try cues([sample(0, 1000), broken]) }
        #expect(error?.reason.hasPrefix("sample 2 of its text: ") == true)
    }
}
