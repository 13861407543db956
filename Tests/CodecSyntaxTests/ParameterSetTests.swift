import CodecSyntax
import Foundation
import TestSupport
import Testing

@Suite(.waiting) struct ParameterSetTests {
    @Test func describesTheFrame() throws {
        let stream = try X264Stream(parameters: "bframes=2", options: ["-aspect", "16:9"])
        let configuration = try stream.configuration
        let sequence = try SequenceParameterSet(nalUnit: try #require(configuration.sequenceParameterSets.first))
        #expect(sequence.width == 208 && sequence.height == 112)
        let timing = try #require(sequence.usability?.timing)
        #expect(Double(timing.timescale) / Double(timing.unitsInTick) / 2 == 25)
        #expect(sequence.usability?.sampleAspectRatio != nil)
        #expect(sequence.codecString == configuration.codecString)
    }

    @Test func croppedHeight() throws {
        let tool = try Tool.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=size=1920x1080:rate=25", "-frames:v", "1", "-c:v",
            "libx264", "-profile:v", "high", "-level", "4.0", "-f", "h264", "-",
        ])
        let stream = try X264Stream(bytes: [UInt8](tool.standardOutput))
        let configuration = try stream.configuration
        let sequence = try SequenceParameterSet(nalUnit: try #require(configuration.sequenceParameterSets.first))
        #expect(sequence.width == 1920 && sequence.height == 1080)
        #expect(configuration.codecString == "avc1.640028")
    }

    @Test func recordRoundTrip() throws {
        for profile in ["baseline", "high"] {
            let stream = try X264Stream(parameters: "ref=2", options: ["-profile:v", profile])
            let record = try stream.configuration
            #expect(try AVCDecoderConfiguration(parsing: record.encoded) == record)
        }
    }

    /// The record that ffmpeg's MP4 writer makes of the same stream is the same record.
    @Test func recordIsFFmpegs() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).mp4")
        defer { try? FileManager.default.removeItem(at: file) }
        let stream = try X264Stream(parameters: "bframes=1:keyint=8")
        let raw = file.deletingPathExtension().appendingPathExtension("264")
        try Data(stream.bytes).write(to: raw)
        defer { try? FileManager.default.removeItem(at: raw) }
        _ = try Tool.run(["ffmpeg", "-v", "fatal", "-i", raw.path, "-c", "copy", file.path])
        let movie = try Data(contentsOf: file)
        let box = try #require(movie.range(of: Data("avcC".utf8)))
        let size = movie[(box.lowerBound - 4)..<box.lowerBound].reduce(0) { $0 << 8 | Int($1) }
        #expect([UInt8](movie[box.upperBound..<(box.lowerBound - 4 + size)]) == (try stream.configuration.encoded))
    }
}
