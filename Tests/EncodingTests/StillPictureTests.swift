import EncoderProtocol
import Foundation
import MediaModel
import TestSupport
import Testing

/// Thumbnails and posters, read by FFmpeg's own decoder: each must show the film's frame of its time. The films tell their
/// time by their colour, which is another one in every second of 36.
@Suite(.waiting) struct StillPictureTests {
    /// A film of 34 s, made once.
    private static let film = Result { try Clock.film(34) }

    private static func preset(
        _ thumbnails: ThumbnailRecipe? = ThumbnailRecipe(interval: 2, width: 160, columns: 3, rows: 2),
        _ poster: PosterRecipe? = nil
    ) -> EncodingPreset {
        let video = VideoRecipe(renditions: [VideoRenditionRecipe(width: 160, height: 90, bitrate: 200_000)])
        return EncodingPreset(name: "stills", video: video, audio: [], thumbnails: thumbnails, poster: poster)
    }

    @Test func everyTileIsTheFrameOfItsTime() throws {
        let run = try EncoderRun(EncodingOrder(preset: Self.preset()), [try Self.film.get()])
        #expect(run.isFinished && run.warnings == [], "\(run.warnings)")
        let stills = try Stills(run, track: 1)
        #expect(stills.format.width == 160 && stills.format.height == 90)
        #expect(stills.sheets.count == 3)
        #expect(stills.layout.count == 17)
        #expect(stills.layout.end == UInt64(stills.layout.timescale) * 34)
        for number in 0..<17 {
            let colour = try stills.colour(number)
            #expect(Clock.isNear(colour, second: number * 2), "\(number): \(colour)")
        }
        // What no picture is for stays black.
        #expect(try stills.colour(sheet: 2, x: 400, y: 135).allSatisfy { $0 < 8 })
    }

    private static func stored(_ run: EncoderRun, track: Int = 0) throws -> [String] {
        let index = run.folder.appendingPathComponent("stored-\(track).index")
        try #require(run.indexes[track]).write(to: index)
        return [run.path(track), index.path]
    }

    private static func stillsOnly(
        _ thumbnails: ThumbnailRecipe? = ThumbnailRecipe(interval: 2, width: 160, columns: 3, rows: 2),
        _ poster: PosterRecipe? = nil
    ) -> EncodingOrder {
        var order = EncodingOrder(preset: preset(thumbnails, poster))
        order.share = .stills(index: 1)
        return order
    }

    /// Of a rendition as it is stored, whose composition offsets are negative: each picture is the first of its second, so that
    /// a frame too late would show the second before.
    @Test func tilesOfAStoredTrackAreTheFramesOfTheirTimes() throws {
        let encoded = try EncoderRun(EncodingOrder(preset: Self.preset(nil)), [try Self.film.get()])
        let index = try TrackIndex(validating: try #require(encoded.indexes[0]))
        #expect(index.earliestComposition < 0)
        let run = try EncoderRun(
            Self.stillsOnly(.init(interval: 2, width: 160, columns: 3, rows: 2), .init(position: 9)),
            try Self.stored(encoded))
        #expect(run.isFinished && run.warnings == [], "\(run.failure?.message ?? "") \(run.warnings)")
        let stills = try Stills(run, track: 0)
        #expect(stills.layout.count == 17 && stills.sheets.count == 3)
        #expect(stills.layout.end == UInt64(stills.layout.timescale) * 34)
        for number in 0..<17 {
            let colour = try stills.colour(number)
            #expect(Clock.isNear(colour, second: number * 2), "\(number): \(colour)")
        }
        let poster = try Stills(run, track: 1)
        #expect(Clock.isNear(try poster.colour(sheet: 0, x: 80, y: 45), second: 9))
    }

    /// A film whose pictures begin behind its sound, taken as it is: pictures stand where players show them.
    @Test func storedTracksMayBeginLater() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).mp4").path
        let late = try Clock.film(9)
        defer { for file in [late, path] { try? FileManager.default.removeItem(atPath: file) } }
        _ = try Tool.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=12", "-itsoffset", "1", "-i", late, "-map", "0:a",
            "-map", "1:v", "-c:v", "copy", "-c:a", "aac", path,
        ])
        let uploaded = try EncoderRun("upload", [path])
        #expect(uploaded.isFinished, "\(uploaded.failure?.message ?? "")")
        let number = try #require(
            uploaded.indexes.keys.sorted().first { track in
                try TrackIndex(validating: uploaded.indexes[track] ?? Data()).description.kind == .video
            })
        let run = try EncoderRun(Self.stillsOnly(), try Self.stored(uploaded, track: number))
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        let stills = try Stills(run, track: 0)
        #expect(stills.layout.end == UInt64(stills.layout.timescale) * 10)
        for cell in 1..<5 {
            let colour = try stills.colour(cell)
            #expect(Clock.isNear(colour, second: cell * 2 - 1), "\(cell): \(colour)")
        }
    }

    @Test func aStoredTrackThatIsNotItsIndexIsRefused() throws {
        let encoded = try EncoderRun(EncodingOrder(preset: Self.preset(nil)), [try Self.film.get()])
        let (stored, other) = (try Self.stored(encoded), try EncoderRun(Self.stillsOnly(), [try Self.film.get()] + []))
        // There is no input 1.
        #expect(other.failure?.code == .internalError)
        let cut = encoded.folder.appendingPathComponent("cut.index")
        try Data(contentsOf: URL(filePath: stored[1])).dropLast(40).write(to: cut)
        #expect(try EncoderRun(Self.stillsOnly(), [stored[0], cut.path]).failure?.code == .damaged)
        let shorter = try EncoderRun(
            EncodingOrder(preset: Self.preset(nil), parts: [.init(input: 0, start: 0, end: 4)]), [try Self.film.get()])
        let mixed = try EncoderRun(Self.stillsOnly(), [stored[0], try Self.stored(shorter)[1]])
        #expect(mixed.failure?.code == .damaged, "\(mixed.failure?.message ?? "")")
    }

    @Test func partsOfTheFilmKeepTheirOrder() throws {
        let parts = [
            EncodingOrder.Part(input: 0, start: 4, end: 10), EncodingOrder.Part(input: 0, start: 20, end: 26),
        ]
        let run = try EncoderRun(EncodingOrder(preset: Self.preset(), parts: parts), [try Self.film.get()])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        let stills = try Stills(run, track: 1)
        #expect(stills.layout.count == 6)
        for (number, second) in [4, 6, 8, 20, 22, 24].enumerated() {
            #expect(Clock.isNear(try stills.colour(number), second: second), "\(number)")
        }
    }

    /// Frames are missing here and there; times are not.
    @Test func aVariableRateChangesNoTime() throws {
        let path = try Clock.film(
            9, rate: 30, more: ",select='not(between(mod(n\\,7)\\,2\\,4))'", ["-fps_mode", "vfr"])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = try EncoderRun(EncodingOrder(preset: Self.preset()), [path])
        let stills = try Stills(run, track: 1)
        #expect(stills.layout.count == 5)
        // A frame that is missing is stood for by one that is a tenth of a second away: never of another second.
        for number in 1..<5 {
            let colour = try stills.colour(number)
            let isNear = [number * 2, number * 2 - 1].contains { Clock.isNear(colour, second: $0) }
            #expect(isNear, "\(number): \(colour)")
        }
    }

    /// A rate that is no whole number: the interval is brought to whole frames, and pictures stay where they are told.
    @Test func intervalsAreWholeFrames() throws {
        let path = try Clock.film(6, rate: "30000/1001")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = try EncoderRun(
            EncodingOrder(preset: Self.preset(ThumbnailRecipe(interval: 1.5, width: 64, columns: 1, rows: 1))), [path])
        let stills = try Stills(run, track: 1)
        let interval = Double(stills.format.interval) / Double(stills.layout.timescale)
        #expect(abs(interval - 45 * 1001 / 30_000.0) < 1e-9)
        #expect(stills.sheets.count == stills.layout.count && stills.layout.count == 4)
        #expect(stills.format.width == 64 && stills.format.height == 36)
    }

    @Test func picturesStandUpright() throws {
        let straight = try Clock.film(3)
        let path = straight + ".turned.mp4"
        defer { for file in [straight, path] { try? FileManager.default.removeItem(atPath: file) } }
        _ = try Tool.run(["ffmpeg", "-v", "error", "-i", straight, "-c", "copy", "-metadata:s:v", "rotate=90", path])
        let run = try EncoderRun(
            EncodingOrder(
                preset: Self.preset(ThumbnailRecipe(interval: 1, width: 80, columns: 3, rows: 1), PosterRecipe())),
            [path])
        #expect(run.isFinished)
        let stills = try Stills(run, track: 1)
        #expect(stills.format.height == 80 && stills.format.width == 46)
        #expect(Clock.isNear(try stills.colour(2), second: 2))
        // No larger than the film.
        #expect(try Stills(run, track: 2).format.height == 160)
    }

    /// 720 by 576 that is shown as 16:9.
    @Test func pixelsAreSquare() throws {
        let path = try Clock.film(3, more: ",scale=720:576,setsar=64/45")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = try EncoderRun(EncodingOrder(preset: Self.preset()), [path])
        let stills = try Stills(run, track: 1)
        #expect(stills.format.width == 160 && stills.format.height == 90)
    }

    @Test func whatIsShorterThanAnIntervalHasNoThumbnails() throws {
        let path = try Clock.film(2)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = try EncoderRun(
            EncodingOrder(preset: Self.preset(ThumbnailRecipe(interval: 2), PosterRecipe(position: 1.5))), [path])
        #expect(run.isFinished)
        #expect(run.warnings.contains { $0.contains("no thumbnails are made: the film is not longer than 2.0 s") })
        // The poster follows the pictures without a gap in the numbers.
        let poster = try Stills(run, track: 1)
        #expect(poster.format.role == .poster)
        #expect(Clock.isNear(try poster.colour(sheet: 0, x: 80, y: 45), second: 1))
        #expect(run.indexes.count == 2)
    }

    @Test func soundAloneHasNoPictures() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).m4a").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try Tool.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=3", "-c:a", "aac", path])
        var preset = Self.preset(ThumbnailRecipe(), PosterRecipe())
        preset.audio = [AudioRecipe()]
        let run = try EncoderRun(EncodingOrder(preset: preset), [path])
        #expect(run.isFinished)
        #expect(run.warnings.contains { $0.contains("the input has no pictures") })
        #expect(run.indexes.count == 1)
    }

    /// One second of a film of even colours has something to see.
    @Test func theBestPictureShowsMost() throws {
        let path = try Clock.film(
            12, more: ",drawgrid=w=12:h=12:t=4:c=white:enable='between(t\\,7\\,8)'")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = try EncoderRun(EncodingOrder(preset: Self.preset(nil, PosterRecipe())), [path])
        let poster = try Stills(run, track: 1)
        let time = Double(poster.index.segment(0).decodeTime) / Double(poster.index.description.timescale)
        #expect((7.0...8.0).contains(time), "\(time)")
    }

    @Test func aPosterBehindTheEndIsTheFirstPicture() throws {
        let path = try Clock.film(3)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = try EncoderRun(EncodingOrder(preset: Self.preset(nil, PosterRecipe(position: 60))), [path])
        #expect(run.warnings.contains { $0.contains("the film ends before the poster's time") })
        #expect(Clock.isNear(try Stills(run, track: 1).colour(sheet: 0, x: 80, y: 45), second: 0))
    }

    /// Tone mapping makes of 100 nits of PQ about what they are in BT.709, neither black nor white.
    @Test func highDynamicRangeBecomesStandard() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).mp4").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try Tool.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=0x828282:s=320x180:r=10:d=3", "-vf",
            "format=yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error",
            "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-tag:v", "hvc1", path,
        ])
        var preset = Self.preset(ThumbnailRecipe(interval: 1, width: 160, columns: 3, rows: 1))
        preset.video?.codec = .hevc
        preset.video?.renditions = [VideoRenditionRecipe(width: 320, height: 180, bitrate: 200_000)]
        let run = try EncoderRun(EncodingOrder(preset: preset), [path])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        let colour = try Stills(run, track: 1).colour(1)
        #expect(colour.allSatisfy { (60...235).contains($0) }, "\(colour)")
    }
}

/// Films that tell their time.
private enum Clock {
    /// Of a second: 36 of them are told apart by steps of 40 in red and green.
    static func colour(_ second: Int) -> [Int] { [20 + 40 * (second % 6), 20 + 40 * (second % 36 / 6), 60] }

    static func isNear(_ colour: [Int], second: Int) -> Bool {
        zip(colour, self.colour(second)).allSatisfy { abs($0 - $1) < 18 }
    }

    static func film(_ seconds: Int, rate: Any = 10, more: String = "", _ options: [String] = []) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("clock-\(UUID().uuidString).mp4").path
        let picture =
            "nullsrc=s=16x10:r=\(rate):d=\(seconds),format=rgb24,"
            + "geq=r='20+40*mod(floor(T+0.001),6)':g='20+40*floor(mod(T+0.001,36)/6)':b=60,scale=160:90:flags=neighbor,setsar=1"
        _ = try Tool.run(
            [
                "ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture + more, "-c:v", "libx264", "-preset", "ultrafast",
                "-qp", "4", "-pix_fmt", "yuv420p",
            ] + options + [path])
        return path
    }
}

/// The files of a track of still pictures.
private struct Stills {
    let index: TrackIndex
    let format: ImageFormat
    let layout: ThumbnailLayout
    /// The pixels of each file: red, green and blue.
    let sheets: [[UInt8]]

    init(_ run: EncoderRun, track: Int) throws {
        index = try TrackIndex(validating: try #require(run.indexes[track]))
        format = try #require(index.description.image)
        layout = ThumbnailLayout(format: format, timescale: index.description.timescale, end: index.duration)
        let media = try Data(contentsOf: URL(fileURLWithPath: run.path(track)))
        #expect(UInt64(media.count) == index.mediaSize)
        var sheets: [[UInt8]] = []
        for number in 0..<index.segmentCount {
            let sample = index.sample(number)
            let file = run.folder.appendingPathComponent("sheet-\(track)-\(number).jpg")
            try media[Int(sample.offset)..<Int(sample.offset) + Int(sample.size)].write(to: file)
            let facts = try Tool.run([
                "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height,color_range", "-of",
                "csv=p=0", file.path,
            ])
            #expect(
                String(decoding: facts.standardOutput, as: UTF8.self).trimmingCharacters(in: .newlines)
                    == "mjpeg,\(format.sheetWidth),\(format.sheetHeight),pc")
            sheets.append(
                Array(
                    try Tool.run([
                        "ffmpeg", "-v", "error", "-i", file.path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-",
                    ]).standardOutput))
        }
        self.sheets = sheets
    }

    func colour(sheet: Int, x: Int, y: Int) throws -> [Int] {
        let start = (y * format.sheetWidth + x) * 3
        try #require(sheets.indices.contains(sheet) && start + 3 <= sheets[sheet].count)
        return sheets[sheet][start..<start + 3].map(Int.init)
    }

    /// In the middle of a picture.
    func colour(_ number: Int) throws -> [Int] {
        let cell = layout.cell(number)
        return try colour(sheet: cell.sheet, x: cell.x + format.width / 2, y: cell.y + format.height / 2)
    }
}
