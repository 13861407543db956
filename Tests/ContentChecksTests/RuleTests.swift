import AssetFiles
import Catalog
import EncoderProtocol
import Testing

@testable import ContentChecks

@Suite struct RuleTests {
    private static let film = MediaFacts(
        containers: ["mov", "mp4"], duration: 61.5,
        videos: [
            MediaFacts.Video(
                codec: "hevc", width: 1920, height: 1080, frameRate: 23.976, bitDepth: 10, pixelFormat: "yuv420p10le",
                primaries: "bt2020", transfer: "smpte2084", matrix: "bt2020nc", isInterlaced: false)
        ],
        audios: [
            MediaFacts.Audio(codec: "aac", channels: 2, layout: "stereo", sampleRate: 48_000, language: "eng"),
            MediaFacts.Audio(codec: "eac3", channels: 6, layout: "5.1(side)", sampleRate: 48_000, language: "deu"),
        ],
        subtitles: [MediaFacts.Subtitles(codec: "mov_text", language: "und")])

    static let cases: [(IngestCondition.Test, Bool)] = [
        (.below(.duration, 62), true), (.below(.duration, 61.5), false), (.above(.duration, 61), true),
        (.below(.height, 1080), false), (.above(.width, 1919), true), (.above(.frameRate, 24), false),
        (.above(.bitDepth, 8), true), (.above(.channels, 2), true), (.below(.channels, 2), false),
        (.above(.audioTracks, 2), false), (.below(.subtitleTracks, 1), false), (.below(.videoTracks, 1), false),
        (.above(.sampleRate, 47_999), true), (.anyOf(.transfer, ["smpte2084", "arib-std-b67"]), true),
        (.anyOf(.videoCodec, ["h264"]), false), (.otherThan(.videoCodec, ["h264"]), true),
        (.otherThan(.container, ["mp4"]), false), (.otherThan(.container, ["mxf"]), true),
        (.otherThan(.audioCodec, ["aac"]), true), (.lacks(.audioLanguage, ["eng", "deu"]), false),
        (.lacks(.audioLanguage, ["eng", "fra"]), true), (.anyOf(.scan, ["interlaced"]), false),
        (.anyOf(.audioLayout, ["5.1(side)"]), true), (.otherThan(.pixelFormat, ["yuv420p10le"]), false),
        (.anyOf(.subtitleCodec, ["mov_text"]), true), (.anyOf(.subtitleLanguage, ["und"]), true),
        (.otherThan(.matrix, ["bt709"]), true), (.anyOf(.colourPrimaries, ["bt2020"]), true),
    ]

    @Test(arguments: cases) func holdsOrNot(_ test: IngestCondition.Test, _ holds: Bool) {
        #expect(IngestCondition(test).holds(of: Self.film) == holds)
    }

    @Test func theWorstRuleDecides() {
        func rule(_ name: String, _ action: IngestRules.Action, _ tests: IngestCondition.Test...) -> IngestRule {
            IngestRule(name: name, action: action, conditions: tests.map { IngestCondition($0) })
        }
        var rules = IngestRules(
            name: "house", unreadable: .reject,
            rules: [
                rule("hdr", .warn, .anyOf(.transfer, ["smpte2084"])),
                rule("both", .reject, .above(.bitDepth, 8), .below(.height, 720)),
            ])
        var verdict = RuleCheck.verdict([rules], Self.film)
        #expect(verdict.outcome == .warned)
        #expect(verdict.reasons == ["house/hdr: transfer smpte2084"])
        rules.rules.append(rule("short", .flag, .below(.duration, 90)))
        verdict = RuleCheck.verdict([rules], Self.film)
        #expect(verdict.outcome == .flagged)
        #expect(verdict.reasons.last == "house/short: duration 61.5")
        #expect(RuleCheck.verdict([], Self.film).outcome == .passed)
    }

    /// A film that is called subtitles is a film.
    @Test func namesLetNothingPass() {
        let rules = IngestRules(name: "house", unreadable: .reject, rules: [])
        func verdict(_ probed: Probed<MediaFacts>, _ name: String) -> IngestVerdict? {
            RuleCheck.verdict([rules], probed, name: name)
        }
        let text = MediaFacts(
            containers: ["srt"], duration: 1, videos: [], audios: [],
            subtitles: [MediaFacts.Subtitles(codec: "subrip", language: "und")])
        #expect(verdict(.found(Self.film), "film.srt")?.outcome == .passed)
        #expect(verdict(.unreadable("damaged"), "film.srt")?.outcome == .rejected)
        #expect(verdict(.notMedia("it is text"), "film.mp4")?.outcome == .rejected)
        #expect(verdict(.found(text), "film.SRT") == nil)
        #expect(verdict(.notMedia("it is text"), "film.vtt") == nil)
    }

    /// Without pictures nothing is said of pictures: the number of tracks is.
    @Test func soundAloneHasNoPictures() {
        let sound = MediaFacts(containers: ["wav"], duration: .nan, videos: [], audios: [], subtitles: [])
        #expect(!IngestCondition(.below(.height, 720)).holds(of: sound))
        #expect(IngestCondition(.below(.videoTracks, 1)).holds(of: sound))
        #expect(IngestCondition(.below(.duration, 1)).holds(of: sound))
    }
}
