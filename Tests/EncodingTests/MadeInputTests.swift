import EncoderProtocol
import Foundation
import TestSupport
import Testing

/// Every kind of input ends in a right asset, or in a refusal that says why.
@Suite(.waiting) struct MadeInputTests {
    @Test(arguments: Extent.sample(MadeInput.allCases, every: 4))
    func becomesWhatItMustBecome(input: MadeInput) throws {
        let run = try Self.encode(input)
        let expected = input.outcome
        if let refusal = expected.refusal {
            #expect(run.exit == 65)
            #expect(run.failure?.code == refusal, "\(run.failure?.message ?? "")")
            #expect(run.failure?.message.isEmpty == false)
            return
        }
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        let tracks = try Self.tracks(run)
        #expect(tracks == expected.tracks)
        #expect(run.warnings.contains { $0.contains("are damaged") } == (input == .garbled), "\(run.warnings)")
        for track in 0..<run.trackCount where !expected.tracks[track].hasPrefix("text") {
            #expect(try run.complaints(track) == "")
        }
    }

    static func encode(_ input: MadeInput) throws -> EncoderRun {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-input-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try EncoderRun(EncodingOrder(preset: MadeInput.preset), [try input.make(folder.path)])
    }

    /// Each track in the words of `MadeInput.Outcome`.
    static func tracks(_ run: EncoderRun) throws -> [String] {
        try (0..<run.trackCount).map { track in
            let facts = try run.facts(track)
            if facts.width > 0 {
                let light = ["bt709", "smpte2084", "arib-std-b67"].contains(facts.transfer) ? " \(facts.transfer)" : ""
                return "\(facts.codec) \(facts.width)x\(facts.height) \(facts.format)\(light) \(facts.packets)"
            }
            guard facts.channels > 0 else { return "text" }
            return "\(facts.codec) \(facts.channels)"
                + (facts.language == "und" || facts.language == "" ? "" : " \(facts.language)")
        }
    }

    // MARK: Documentation/inputs.md

    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Documentation/inputs.md")

    /// The page's row of an input.
    static func row(_ input: MadeInput) -> String {
        let outcome = input.outcome
        let result = outcome.refusal.map { "refused: `\($0.rawValue)`" } ?? outcome.tracks.joined(separator: ", ")
        return "| \(input.meaning) | \(result) |"
    }

    /// What the test asserts is what the page says.
    @Test func thePageSaysWhatIsTested() throws {
        if ProcessInfo.processInfo.environment["KEYWAY_INPUTS"] == "write" {
            try Data(Self.text.utf8).write(to: Self.page, options: .atomic)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == Self.text)
    }

    private static var text: String {
        """
        # Inputs

        What becomes of the kinds of files that people send, with a preset of two video renditions (H.264 and HEVC, in a box of
        640x360), AAC of up to 5.1 channels, and Dolby's sound as it is. The first ones are clips that others made
        (`Tests/Media`); `MadeInputTests` makes the other files with ffmpeg, encodes each, and looks at the result with ffprobe and ffmpeg; `KEYWAY_INPUTS=write` writes this page.

        A track is its codec, its size, its pixels and its number of frames; sound has its channels and its language. `text` is
        a track of subtitles: WebVTT, and the same in TTML.

        | input | becomes |
        |---|---|
        \(MadeInput.allCases.map(row).joined(separator: "\n"))

        What is refused leaves no asset, and the job says why. Over `KEYWAY_URL` the asset and the file that was sent stay: `keyway job retry` goes on
        from there, and `keyway asset delete` removes both.

        """
    }
}
