import Foundation
import MediaModel
import TestSupport
import Testing
import TransportStream

/// Programs that are not ours play the segments: silently, and to the very frames of the source.
@Suite(.waiting) struct PlaybackTests {
    /// Sources with B-frames, several slices, fields, and rates that do not divide 90 kHz.
    static let recipes = [
        "-c:v libx264 -x264-params bframes=3:keyint=25:scenecut=0:open-gop=0",
        "-c:v libx264 -x264-params slices=4:keyint=30:scenecut=0:bframes=2",
        "-c:v libx264 -x264-params bframes=0:keyint=24:scenecut=0 -r 24000/1001",
        "-c:v libx264 -profile:v baseline -x264-params keyint=20:scenecut=0 -video_track_timescale 1000",
        "-c:v libx264 -crf 51 -x264-params keyint=50:scenecut=0:bframes=3",
    ]

    @Test(arguments: recipes)
    func video(recipe: String) throws {
        let scratch = try Scratch()
        let file = scratch.folder.appendingPathComponent("source.mp4")
        _ = try Tool.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "5"]
                + recipe.split(separator: " ").map(String.init) + [file.path])
        let source = try SourceTrack(file, kind: .video, segmentDuration: 1)
        #expect(source.index.segmentCount > 2)
        try checkPlayback(of: source, in: scratch, reference: file)
    }

    @Test func film() throws {
        let scratch = try Scratch()
        try checkPlayback(
            of: SourceTrack(SourceTrack.film, kind: .video), in: scratch, reference: SourceTrack.film)
    }

    @Test(arguments: ["48000 2", "44100 1", "22050 2"])
    func audio(layout: String) throws {
        let scratch = try Scratch()
        let file = scratch.folder.appendingPathComponent("source.mp4")
        let words = layout.split(separator: " ").map(String.init)
        _ = try Tool.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=330:duration=7:sample_rate=\(words[0])",
            "-ac", words[1], "-c:a", "aac", file.path,
        ])
        // Without the edit list, so that ffmpeg decodes the encoder's delay on both sides.
        let reference = scratch.folder.appendingPathComponent("reference.aac")
        _ = try Tool.run(["ffmpeg", "-v", "error", "-i", file.path, "-c", "copy", reference.path])
        try checkPlayback(of: SourceTrack(file, kind: .audio), in: scratch, reference: reference)
    }

    /// AC-3 and E-AC-3, whose samples go in as they are.
    @Test(arguments: ["ac3 2 192k", "ac3 6 448k", "eac3 6 256k", "eac3 1 96k"])
    func dolbyAudio(recipe: String) throws {
        let scratch = try Scratch()
        let file = scratch.folder.appendingPathComponent("source.mp4")
        let words = recipe.split(separator: " ").map(String.init)
        _ = try Tool.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=330:duration=7:sample_rate=48000",
            "-ac", words[1], "-c:a", words[0], "-b:a", words[2], file.path,
        ])
        let reference = scratch.folder.appendingPathComponent("reference.\(words[0])")
        _ = try Tool.run(["ffmpeg", "-v", "error", "-i", file.path, "-c", "copy", reference.path])
        try checkPlayback(of: SourceTrack(file, kind: .audio), in: scratch, reference: reference)
    }

    private func checkPlayback(of source: SourceTrack, in scratch: Scratch, reference: URL) throws {
        var playlist = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:20\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        var joined: [UInt8] = []
        for number in 0..<source.index.segmentCount {
            let bytes = try source.transportStream(of: number)
            joined += bytes
            _ = try scratch.write("\(number).ts", bytes)
            let duration = Double(source.index.segment(number).duration) / Double(source.index.description.timescale)
            playlist += "#EXTINF:\(duration),\n\(number).ts\n"
        }
        let list = try scratch.write("list.m3u8", Array((playlist + "#EXT-X-ENDLIST\n").utf8))
        let whole = try scratch.write("whole.ts", joined)
        let expected = try frames(reference, source.index.description.kind)
        #expect(!expected.isEmpty)
        #expect(try frames(list, source.index.description.kind) == expected)
        #expect(try frames(whole, source.index.description.kind) == expected)
        try checkTraceOfDemuxer(list)
        try checkGStreamer(whole, source.index.description)
    }

    /// The hashes of the decoded frames; what ffmpeg has to say about the stream fails the test.
    private func frames(_ file: URL, _ kind: TrackKind) throws -> [String] {
        let tool = try Tool.run([
            "ffmpeg", "-v", "warning", "-i", file.path, "-map", kind == .video ? "0:v:0" : "0:a:0", "-fps_mode",
            "passthrough", "-f", "framemd5", "-",
        ])
        // A warning about our own choice of options, not about the stream.
        let complaints = tool.standardError.split(separator: "\n").filter { !$0.contains("Estimating duration") }
        #expect(complaints == [])
        return String(decoding: tool.standardOutput, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    /// ffmpeg reports gaps of the continuity counters at debug level only.
    private func checkTraceOfDemuxer(_ list: URL) throws {
        let tool = try Tool.run([
            "ffmpeg", "-v", "debug", "-i", list.path, "-c", "copy", "-f", "null", "-",
        ])
        #expect(!tool.standardError.contains("Continuity check failed"))
        #expect(!tool.standardError.contains("corrupt"))
    }

    private func checkGStreamer(_ file: URL, _ track: TrackDescription) throws {
        guard (try? Tool.run(["gst-inspect-1.0", "tsdemux"])) != nil else { return }
        let isAAC = track.codec.sampleEntry == "mp4a"
        let parser = track.kind == .video ? "h264parse" : isAAC ? "aacparse" : "ac3parse"
        let tool = try Tool.run([
            "gst-launch-1.0", "-q", "filesrc", "location=\(file.path)", "!", "tsdemux", "!",
            parser, "!", "fakesink",
        ])
        #expect(!tool.standardError.contains("WARN") && !tool.standardError.contains("ERROR"))
    }
}
