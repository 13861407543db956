import Administration
import Catalog
import CatalogSQLite
import EncoderProtocol
import Foundation
import Testing

/// What a submission, its transform and its preset say of one encode, and who goes before whom.
@Suite struct SubmitJobTests {
    private let desk: Desk

    init() throws {
        desk = try Desk()
    }

    private static let tiny = """
        kind: EncodingPreset
        name: tiny
        video: { renditions: [{ width: 160, height: 90, bitrate: 100k }] }
        loudness: -20
        ---
        kind: EncodingPreset
        name: sound
        audio: [{ codec: opus }]

        """

    private func declare(_ encode: String) async throws {
        let text =
            "kind: Transform\nname: films\ntasks: [{ kind: probe }, { kind: encode, after: [probe], \(encode) }]\n"
        _ = try await desk.operator().perform(
            ApplyDocuments(files: [DocumentSource(name: "t.yaml", text: text)], prune: false, dryRun: false))
    }

    private func encoding(_ change: (inout JobEncoding) -> Void) -> JobEncoding {
        var encoding = JobEncoding()
        change(&encoding)
        return encoding
    }

    private func submit(
        _ inputs: [String] = ["asset:film/source.mp4"], preset: String? = nil, split: String? = nil,
        order: String? = nil, _ encoding: JobEncoding? = nil
    ) async throws -> JobRecord {
        let details = try await desk.operator().perform(
            SubmitJob(
                transform: "films", asset: "film", inputs: inputs, preset: preset, split: split, order: order,
                encoding: encoding))
        return try #require(try await desk.catalog.job(JobID(rawValue: details.job.id)))
    }

    private func order(_ job: JobRecord) throws -> EncodingOrder {
        try #require(job.preset.hasPrefix("{"), "\(job.preset)")
        return try EncodingOrder(text: job.preset)
    }

    @Test func aPlainNameStaysOne() async throws {
        try await declare("preset: adaptive, quality: false, split: auto")
        let job = try await submit()
        #expect(job.preset == "adaptive" && job.inputs == ["asset:film/source.mp4"])
        let task = try await desk.catalog.tasks(of: job.id).first { $0.kind == .encode }
        #expect(task?.options == TaskOptions(preset: "adaptive", split: "auto"))
    }

    @Test func whatATransformSaysTravelsWithTheJob() async throws {
        try await declare(
            """
            preset: { video: { renditions: [{ width: 320, height: 180, bitrate: 200k }] } }, loudness: -23, quality: true,
                overlay: { file: "asset:brand/logo.png", corner: top-left, width: 20% }, poster: best, encoders: 2
            """)
        let job = try await submit()
        // Another document changes no job, and a job is there after a restart.
        try await declare("preset: upload")
        let catalog = try SQLiteCatalog(path: desk.folder.path + "/catalog.sqlite")
        let kept = try #require(try await catalog.job(job.id))
        #expect(kept == job && kept.inputs == ["asset:film/source.mp4", "asset:brand/logo.png"])
        let order = try order(kept)
        #expect(order.preset.name == "own" && order.preset.video?.renditions.first?.height == 180)
        #expect(order.preset.loudness == -23 && order.measuresQuality && order.preset.poster == PosterRecipe())
        #expect(order.overlay == EncodingOrder.Overlay(input: 1, corner: .topLeft, width: 0.2))
        let task = try await catalog.tasks(of: job.id).first { $0.kind == .encode }
        #expect(task?.options == TaskOptions(preset: job.preset, encoders: 2))
    }

    @Test func submissionsGoFirst() async throws {
        try await declare(
            "preset: adaptive, loudness: -23, quality: true, overlay: asset:brand/logo.png, thumbnails: {}")
        let job = try await submit(
            preset: "tiny", split: "60s",
            encoding {
                ($0.presets, $0.loudness, $0.quality, $0.thumbnails) = (Self.tiny, -16, false, false)
                ($0.overlay, $0.overlayCorner) = ("asset:other/logo.png", "bottom-right")
                ($0.start, $0.end, $0.subtitles) = ("00:01:30", "95.5", ["asset:film/de.vtt:de:forced"])
            })
        let order = try order(job)
        #expect(order.preset.name == "tiny" && order.preset.loudness == -16 && !order.measuresQuality)
        #expect(order.preset.thumbnails == nil)
        #expect(order.parts == [EncodingOrder.Part(input: 0, start: 90, end: 95.5)])
        #expect(order.texts == [EncodingOrder.SideText(input: 1, language: "de", role: "forced")])
        #expect(order.overlay == EncodingOrder.Overlay(input: 2, corner: .bottomRight))
        #expect(job.inputs == ["asset:film/source.mp4", "asset:film/de.vtt", "asset:other/logo.png"])
        #expect(try await desk.catalog.tasks(of: job.id).last?.options.split == "60s")
        // What the preset says goes last.
        try await declare("preset: adaptive")
        #expect(
            try await self.order(submit(preset: "tiny", encoding { $0.presets = Self.tiny })).preset.loudness == -20)
    }

    @Test func inputsAreJoined() async throws {
        try await declare("preset: adaptive")
        let inputs = ["asset:film/a.mp4", "asset:film/b.mp4"]
        let job = try await submit(inputs, encoding { $0.join = true })
        #expect(try order(job).parts.map(\.input) == [0, 1] && job.inputs == inputs)
    }

    /// An order that is written out says what is made of inputs; what the transform asks for besides is laid over it.
    @Test func ordersGetWhatTheTransformAsksFor() async throws {
        try await declare("preset: adaptive, loudness: -23, overlay: asset:brand/logo.png")
        let written = EncodingOrder(preset: EncodingPreset.reference[0], parts: [EncodingOrder.Part(input: 0, end: 2)])
        let job = try await submit(order: written.text())
        let order = try order(job)
        #expect(order.parts == written.parts && order.preset.loudness == -23 && order.overlay?.input == 1)
        #expect(job.inputs.last == "asset:brand/logo.png")
    }

    /// Each of several inputs has its own beginning and end.
    @Test func eachInputHasAClip() async throws {
        try await declare("preset: adaptive")
        var encoding = JobEncoding()
        encoding.join = true
        encoding.clips = [
            JobEncoding.Clip(start: "2", end: "0:07.5"), JobEncoding.Clip(), JobEncoding.Clip(start: "1:00:00"),
        ]
        let inputs = ["asset:film/a.mp4", "asset:film/b.mp4", "asset:film/a.mp4"]
        let job = try await submit(inputs, encoding)
        #expect(
            try order(job).parts == [
                EncodingOrder.Part(input: 0, start: 2, end: 7.5), EncodingOrder.Part(input: 1),
                EncodingOrder.Part(input: 2, start: 3600),
            ])
        #expect(job.inputs == inputs)
        encoding.join = nil
        encoding.clips = [JobEncoding.Clip(end: "4")]
        #expect(
            try await order(submit([inputs[0]], encoding)).parts == [
                EncodingOrder.Part(input: 0, end: 4)
            ])
    }

    @Test func aClipIsWrittenAsARange() {
        #expect(JobEncoding.Clip(range: "10-0:25.5") == JobEncoding.Clip(start: "10", end: "0:25.5"))
        #expect(JobEncoding.Clip(range: "10-") == JobEncoding.Clip(start: "10"))
        #expect(JobEncoding.Clip(range: "-25.5") == JobEncoding.Clip(end: "25.5"))
        #expect(JobEncoding.Clip(range: "-") == JobEncoding.Clip())
        for text in ["", "10", "1-2-3", "--"] { #expect(JobEncoding.Clip(range: text) == nil, "\(text)") }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var encode = "preset: adaptive"
        var inputs = ["asset:film/a.mp4"]
        var preset: String?
        var encoding: @Sendable (inout JobEncoding) -> Void = { _ in }
        var message: String
        var testDescription: String { message }
    }

    @Test(arguments: [
        Refusal(
            inputs: ["asset:film/a.mp4", "asset:film/b.mp4"], message: "takes one file, or several behind one another"),
        Refusal(
            inputs: ["asset:film/a.mp4", "asset:film/b.mp4"], encoding: { $0.quality = true },
            message: "with join; else"),
        Refusal(
            inputs: ["asset:film/a.mp4", "asset:film/b.mp4"], encoding: { ($0.join, $0.start) = (true, "1") },
            message: "start and end go with one input"),
        Refusal(
            inputs: ["asset:film/a.mp4", "asset:film/b.mp4"],
            encoding: { ($0.join, $0.clips) = (true, [JobEncoding.Clip(end: "1")]) },
            message: "1 are given, and 2 inputs"),
        Refusal(
            encoding: { ($0.start, $0.clips) = ("1", [JobEncoding.Clip(end: "1")]) }, message: "without start and end"),
        Refusal(
            inputs: ["asset:film/a.mp4", "asset:film/b.mp4"],
            encoding: { ($0.join, $0.clips) = (true, [JobEncoding.Clip(), JobEncoding.Clip(end: "soon")]) },
            message: "clips[1].end 'soon': write seconds"),
        Refusal(encoding: { $0.start = "1:2:3:4" }, message: "start '1:2:3:4': write seconds"),
        Refusal(encoding: { ($0.start, $0.end) = ("5", "4") }, message: "parts[0].end: behind the start"),
        Refusal(encoding: { $0.loudness = -60 }, message: "loudness: -31.0 to -9.0 LUFS"),
        Refusal(encoding: { $0.overlayCorner = "top-left" }, message: "goes with an overlay"),
        Refusal(
            encoding: { ($0.overlay, $0.overlayCorner) = ("asset:a/b.png", "left") }, message: "overlayCorner is one of"
        ),
        Refusal(encoding: { $0.overlay = "/srv/logo.png" }, message: "does not lie in a folder that jobs may read"),
        Refusal(encoding: { $0.subtitles = ["asset:film/a.srt"] }, message: "write FILE:LANGUAGE"),
        Refusal(encoding: { $0.presets = "kind: EncodingPreset\nname: x\nvidio: {}\n" }, message: "presets:3:1: "),
        Refusal(encoding: { $0.presets = Self.tiny }, message: "presets has 'tiny', 'sound'; choose one"),
        Refusal(preset: "huge", encoding: { $0.presets = Self.tiny }, message: "choose one by its name"),
        Refusal(preset: "huge", message: "there is no preset 'huge'"),
        Refusal(
            preset: "sound", encoding: { ($0.presets, $0.quality) = (Self.tiny, true) }, message: "'sound' encodes none"
        ),
        Refusal(encode: "preset: adaptive, quality: true", preset: "AACGoodQualityAudio", message: "encodes none"),
        Refusal(encode: "preset: upload", encoding: { $0.quality = true }, message: "takes files as they are"),
        Refusal(encode: "preset: upload", preset: "adaptive", message: "takes files as they are"),
    ])
    func whatCannotBeIsRefused(_ refusal: Refusal) async throws {
        try await declare(refusal.encode)
        let error = await #expect(throws: OperatorError.self) {
            _ = try await submit(refusal.inputs, preset: refusal.preset, encoding(refusal.encoding))
        }
        #expect(error?.message.contains(refusal.message) == true, "\(error?.message ?? "")")
        #expect(try await desk.catalog.jobs(matching: JobQuery()).isEmpty)
    }
}
