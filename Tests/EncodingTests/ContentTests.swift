import EncoderProtocol
import Foundation
import TestSupport
import Testing

/// That pictures and sound are what they were, not only as many: each against what FFmpeg makes of the same source.
@Suite(.waiting) struct ContentTests {
    /// A made input and what becomes of it, for as long as both are looked at.
    private final class Encoded {
        let source: String
        let run: EncoderRun
        private let folder: URL

        init(_ preset: EncodingPreset = MadeInput.preset, make: (String) throws -> String) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent(
                "keyway-content-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            source = try make(folder.path)
            run = try EncoderRun(EncodingOrder(preset: preset), [source])
            #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    /// How alike two videos are, from 0 to 1 (SSIM), as FFmpeg measures it.
    ///
    /// - Parameters:
    ///   - first: FFmpeg's arguments of an input; and `second`.
    ///   - graphs: what is done to each before.
    private func likeness(_ first: [String], _ second: [String], _ graphs: (String, String)) throws -> Double {
        let told = try Tool.run(
            ["ffmpeg", "-v", "info"] + first + second + [
                "-lavfi", "[0:v]\(graphs.0),setpts=N[a];[1:v]\(graphs.1),setpts=N[b];[a][b]ssim", "-f", "null", "-",
            ]
        ).standardError
        let text = try #require(told.components(separatedBy: "All:").last?.prefix { $0.isNumber || $0 == "." })
        return try #require(Double(text))
    }

    /// How many pictures FFmpeg takes for interlaced, and for whole ones.
    private func fields(_ path: String) throws -> (interlaced: Int, whole: Int) {
        let told = try Tool.run(["ffmpeg", "-v", "info", "-i", path, "-vf", "idet", "-f", "null", "-"]).standardError
        let line = try #require(told.components(separatedBy: "Multi frame detection:").dropFirst().first)
        let numbers = line.split(separator: "\n")[0].split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
        try #require(numbers.count == 4)
        return (numbers[0] + numbers[1], numbers[2])
    }

    /// In as many lines as the source has: scaled ones would hide it.
    @Test func interlacedPicturesAreNotCombed() throws {
        let preset = EncodingPreset(
            name: "lines",
            video: VideoRecipe(renditions: [VideoRenditionRecipe(width: 720, height: 576, bitrate: 2_000_000)]),
            audio: [])
        let film = try Encoded(preset) { folder in
            try MadeInput.ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=s=720x576:r=50:d=2", "-vf", "interlace=scan=tff", "-c:v", "mpeg2video",
                "-flags", "+ilme+ildct", "-b:v", "4M", folder + "/fields.ts",
            ])
            return folder + "/fields.ts"
        }
        #expect(try film.run.facts(0).height == 576)
        #expect(try fields(film.source).interlaced == 50)
        let made = try fields(film.run.path(0))
        #expect(made.interlaced == 0 && made.whole > 45, "\(made)")
    }

    @Test func turnedPicturesStandUpright() throws {
        let film = try Encoded { try MadeInput.turned.make($0) }
        let form = "setsar=1,format=yuv420p"
        // FFmpeg turns what it decodes.
        let upright = try likeness(["-i", film.run.path(0)], ["-i", film.source], (form, form))
        let onTheHead = try likeness(["-i", film.run.path(0)], ["-i", film.source], (form, "hflip,vflip,\(form)"))
        #expect(upright > 0.9 && onTheHead < 0.7, "\(upright), \(onTheHead)")
    }

    /// SMPTE ST 2086 and CTA-861.3, as players find them in the pictures.
    @Test(arguments: [VideoCodec.hevc, .av1]) func whatAScreenIsToldStays(codec: VideoCodec) throws {
        let preset = EncodingPreset(
            name: "light",
            video: VideoRecipe(renditions: [
                VideoRenditionRecipe(codec: codec, width: 320, height: 180, bitrate: 300_000)
            ]), audio: [])
        let film = try Encoded(preset) { try MadeInput.hdr10.make($0) }
        let text = try Tool.run([
            "ffprobe", "-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1", "-show_frames",
            "-show_entries", "frame=side_data_list", "-of", "json", film.run.path(0),
        ]).standardOutput
        let root = try JSONSerialization.jsonObject(with: text) as? [String: Any]
        let data = (root?["frames"] as? [[String: Any]])?.first?["side_data_list"] as? [[String: Any]] ?? []
        let screen = try #require(data.first { $0["side_data_type"] as? String == "Mastering display metadata" })
        func value(_ name: String) throws -> Double {
            let parts = try #require(screen[name] as? String).split(separator: "/").compactMap { Double($0) }
            return try #require(parts.first) / (try #require(parts.last))
        }
        for (name, wanted) in [
            ("red_x", 0.68), ("red_y", 0.32), ("green_x", 0.265), ("blue_y", 0.06), ("white_point_x", 0.3127),
            ("max_luminance", 1000), ("min_luminance", 0.005),
        ] {
            let found = try value(name)
            #expect(abs(found - wanted) <= max(wanted * 0.001, 0.0005), "\(name) \(found)")
        }
        let light = try #require(data.first { $0["side_data_type"] as? String == "Content light level metadata" })
        #expect(light["max_content"] as? Int == 1000 && light["max_average"] as? Int == 400)
    }

    /// Every channel has a tone of its own: what is left of it in each of the two channels says where it went.
    @Test func sixChannelsAreMixedToTheirSides() throws {
        let tones = [("FL", 300), ("FR", 500), ("FC", 700), ("LFE", 60), ("BL", 900), ("BR", 1100)]
        let preset = EncodingPreset(
            name: "two", video: nil, audio: [AudioRecipe(codec: .aac, channels: 2, bitrate: 192_000)])
        let film = try Encoded(preset) { folder in
            let inputs = tones.flatMap { ["-f", "lavfi", "-i", "sine=\($0.1):r=48000:d=2"] }
            try MadeInput.ffmpeg(
                inputs + [
                    "-filter_complex",
                    "[0][1][2][3][4][5]join=inputs=6:channel_layout=5.1(side):map=0.0-FL|1.0-FR|2.0-FC|3.0-LFE|4.0-SL|5.0-SR",
                    "-c:a", "aac", "-b:a", "512k", folder + "/six.mp4",
                ])
            return folder + "/six.mp4"
        }
        #expect(try film.run.facts(0).channels == 2)
        func level(_ channel: Int, _ tone: Int) throws -> Double {
            let told = try Tool.run([
                "ffmpeg", "-v", "info", "-i", film.run.path(0), "-af",
                "pan=mono|c0=c\(channel),bandpass=f=\(tone):width_type=h:w=10,bandpass=f=\(tone):width_type=h:w=10,"
                    + "volumedetect", "-f", "null", "-",
            ]).standardError
            let text = try #require(told.components(separatedBy: "mean_volume: ").last?.split(separator: " ").first)
            return try #require(Double(text))
        }
        // Decibels apart.
        for (own, other) in [(300, 500), (900, 1100), (700, 500), (300, 1100)] {
            #expect(try level(0, own) > level(0, other) + 15, "left \(own)")
        }
        for (own, other) in [(500, 300), (1100, 900), (700, 300), (500, 900)] {
            #expect(try level(1, own) > level(1, other) + 15, "right \(own)")
        }
        #expect(abs(try level(0, 700) - level(1, 700)) < 1)
    }
}
