import MediaModel
import Policies
import Testing

@Suite struct FilterTests {
    private static func track(_ name: String, _ kind: TrackKind, _ bitrate: Int, _ language: String = "und")
        -> TrackDescription
    {
        TrackDescription(
            name: name, kind: kind,
            codec: CodecConfiguration(
                sampleEntry: kind == .video ? "avc1" : "mp4a", decoderSpecific: [1], codecString: "x"),
            timescale: 1000, language: language, averageBitrate: bitrate / 2, peakBitrate: bitrate)
    }

    private static let tracks = [
        track("hd", .video, 3_000_000), track("sd", .video, 800_000), track("en", .audio, 128_000, "en-GB"),
        track("de", .audio, 128_000, "de"),
    ]

    private func shown(_ filters: [PresentationFilter]) throws -> [String] {
        let selection = try FilterSelection(filters)
        return Self.tracks.filter(selection.shows).map(\.name)
    }

    @Test(
        arguments: [
            ("800000", 800_000...800_000), ("0-1000000", 0...1_000_000), ("-5", 0...5), ("5-", 5...Int.max),
            ("", nil), ("-", nil), ("5-4", nil), ("a", nil), ("1-2-3", nil), ("+5", nil), ("1234567890123", nil),
        ] as [(String, ClosedRange<Int>?)])
    func bitrateRanges(text: String, expected: ClosedRange<Int>?) {
        #expect(FilterCondition.bitrates(text) == expected)
    }

    @Test(
        arguments: [
            ([FilterCondition(.type, "video")], ["hd", "sd"]),
            ([FilterCondition(.type, .notEqual, "video")], ["en", "de"]),
            ([FilterCondition(.type, "video"), FilterCondition(.bitrate, "-1000000")], ["sd"]),
            ([FilterCondition(.language, "EN-gb")], ["en"]), ([FilterCondition(.language, "en")], []),
            ([FilterCondition(.fourCC, "mp4a"), FilterCondition(.language, .notEqual, "de")], ["en"]),
            ([FilterCondition(.name, "hd")], ["hd"]), ([FilterCondition(.bitrate, .notEqual, "128000")], ["hd", "sd"]),
            // What cannot be read matches nothing.
            ([FilterCondition(.bitrate, "all")], []), ([], ["hd", "sd", "en", "de"]),
        ] as [([FilterCondition], [String])])
    func conditionsMustAllHold(conditions: [FilterCondition], expected: [String]) throws {
        #expect(try shown([PresentationFilter(name: "f", tracks: [FilterTrackSelection(conditions)])]) == expected)
    }

    @Test func oneSelectionIsEnoughAndEveryFilterCounts() throws {
        let selections = [
            FilterTrackSelection([FilterCondition(.type, "audio"), FilterCondition(.language, "de")]),
            FilterTrackSelection([FilterCondition(.bitrate, "1000000-")]),
        ]
        let filter = PresentationFilter(name: "f", tracks: selections)
        #expect(try shown([filter]) == ["hd", "de"])
        let other = PresentationFilter(name: "g", tracks: [FilterTrackSelection([FilterCondition(.type, "video")])])
        #expect(try shown([filter, other]) == ["hd"])
        #expect(try shown([]) == Self.tracks.map(\.name))
    }

    /// Segments of 2 s in units of a millisecond; one that lies across an end is shown whole.
    @Test(
        arguments: [
            (FilterTimeRange(), [0, 1, 2, 3]), (FilterTimeRange(start: 20_000_000), [1, 2, 3]),
            (FilterTimeRange(start: 39_999_999, end: 40_000_000), [1]), (FilterTimeRange(end: 20_000_001), [0, 1]),
            (FilterTimeRange(end: 20_000_000), [0]), (FilterTimeRange(start: 3, end: 5, timescale: 1), [1, 2]),
            (FilterTimeRange(start: 8, timescale: 1), []),
            (FilterTimeRange(start: .max, end: .max, timescale: .max), []),
        ] as [(FilterTimeRange, [Int])])
    func segmentsThatPlayInTheRange(range: FilterTimeRange, expected: [Int]) throws {
        let selection = try FilterSelection([PresentationFilter(name: "f", timeRange: range)])
        let shown = (0..<4).filter {
            selection.shows(from: UInt64($0) * 2000, to: UInt64($0 + 1) * 2000, timescale: 1000)
        }
        #expect(shown == expected)
        let both = try FilterSelection([
            PresentationFilter(name: "f", timeRange: range),
            PresentationFilter(name: "g", timeRange: FilterTimeRange(start: 4, timescale: 1)),
        ])
        #expect(
            (0..<4).filter { both.shows(from: UInt64($0) * 2000, to: UInt64($0 + 1) * 2000, timescale: 1000) }
                == expected.filter { $0 >= 2 })
    }

    @Test func oneFilterSaysWhereToBegin() throws {
        let one = PresentationFilter(name: "f", firstQuality: 5)
        #expect(try FilterSelection([one, PresentationFilter(name: "g")]).firstQuality == 5)
        #expect(throws: FilterConflict.self) {
            try FilterSelection([one, PresentationFilter(name: "g", firstQuality: 5)])
        }
    }

    @Test(arguments: [
        ("a", true), ("mobile-2.x_", true), ("", false), ("A", false), ("a;b", false), ("a/b", false), ("ä", false),
        (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
    ])
    func namesArePartsOfURLs(text: String, isName: Bool) {
        #expect(PresentationFilter.isName(text) == isName)
    }
}
