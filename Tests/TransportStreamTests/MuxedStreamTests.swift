import Foundation
import MediaModel
import TestSupport
import Testing

@testable import TransportStream

/// Pictures and sound in one program.
@Suite(.waiting) struct MuxedStreamTests {
    /// The film with segments of its own for each track, as renditions have them.
    private struct Source {
        var video: SourceTrack
        var audio: SourceTrack
        var tracks: MuxedStreamTracks

        init(shift: UInt64 = 0, audioSegments: Double = 1.3) throws {
            let file = SourceTrack.film
            video = try SourceTrack(file, kind: .video, segmentDuration: 1, shift: shift)
            let scales = (video.index.description.timescale, UInt32(48_000))
            audio = try SourceTrack(
                file, kind: .audio, segmentDuration: audioSegments,
                shift: shift * UInt64(scales.1) / UInt64(scales.0))
            tracks = try MuxedStreamTracks(
                video: TransportStreamTrack(index: video.index), audio: TransportStreamTrack(index: audio.index))
        }

        func segment(_ number: Int, piece: Int = 65_536) throws -> [UInt8] {
            var writer = MuxedStreamWriter(try MuxedStreamPlan(tracks: tracks, segment: number))
            var output = PacketBuffer()
            while let media = try writer.next(into: &output) {
                let source = media.isVideo ? video : audio
                for sample in media.samples.map(source.index.sample) {
                    let bytes = [UInt8](source.media[Int(sample.offset)..<(Int(sample.offset) + Int(sample.size))])
                    for start in stride(from: 0, to: bytes.count, by: piece) {
                        try writer.write(Array(bytes[start..<min(start + piece, bytes.count)]), into: &output)
                    }
                }
            }
            return output.bytes
        }
    }

    private static let source = Result { try Source() }

    @Test func plansAreExactForAnyPieces() throws {
        let source = try Self.source.get()
        for number in 0..<source.video.index.segmentCount {
            let whole = try source.segment(number)
            #expect(whole.count == (try MuxedStreamPlan(tracks: source.tracks, segment: number)).byteCount)
            if number < 2 { #expect(try source.segment(number, piece: 97) == whole) }
        }
    }

    /// Every frame once, in order, in the segment that plays it; one clock; counters that go on.
    @Test(arguments: [0, ((1 << 33) / 90_000 - 3) * 12_800] as [UInt64])
    func theStreamIsContinuous(shift: UInt64) throws {
        let source = try Source(shift: shift, audioSegments: 3.1)
        #expect(source.tracks.runs.flatMap { $0 }.flatMap(\.samples) == Array(0..<source.audio.index.sampleCount))
        var inspector = StreamInspector()
        for number in 0..<source.video.index.segmentCount { inspector.read(try source.segment(number)) }
        #expect(inspector.faults == [])
        let pictures = try #require(inspector.units[0x100])
        let sound = try #require(inspector.units[0x101])
        #expect(pictures.count == source.video.index.sampleCount)
        #expect(inspector.clocks.count == pictures.count)
        #expect(sound.allSatisfy { inspector.pes($0) != nil })
        let map = try #require(inspector.units[0x1000]?.first)
        #expect(map.dropFirst(9).prefix(2) == [0xE1, 0x00])
    }

    /// No frame of sound is sent later than the pictures that it belongs to, nor much earlier.
    @Test func packetsAreInOrderOfDecoding() throws {
        let source = try Self.source.get()
        for number in 0..<source.video.index.segmentCount {
            let times = MuxedPackets(source.tracks, segment: number).map {
                Double($0.packet.decodeUnits) / Double($0.packet.timescale)
            }
            #expect(times == times.sorted())
            #expect(MuxedPackets(source.tracks, segment: number).first { _ in true }?.isVideo == true)
            let start = Double(source.video.index.segment(number).decodeTime) / 12_800
            for run in source.tracks.runs[number] where number > 0 { #expect(Double(run.time) / 48_000 >= start) }
        }
    }

    @Test func ffmpegDecodesTheSourcesFrames() throws {
        let source = try Self.source.get()
        let scratch = try Scratch()
        let whole = try (0..<source.video.index.segmentCount).flatMap { try source.segment($0) }
        let file = try scratch.write("muxed.ts", whole)
        for stream in ["0:v:0", "0:a:0"] {
            func frames(_ file: URL) throws -> [String] {
                let tool = try Tool.run([
                    "ffmpeg", "-v", "warning", "-i", file.path, "-map", stream, "-fps_mode", "passthrough", "-f",
                    "framemd5", "-",
                ])
                #expect(tool.standardError.split(separator: "\n").filter { !$0.contains("Estimating") } == [])
                return String(decoding: tool.standardOutput, as: UTF8.self).split(separator: "\n")
                    .filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: ",").last.map(String.init) }
            }
            let expected = try frames(stream == "0:v:0" ? SourceTrack.film : withoutEdits(scratch))
            #expect(!expected.isEmpty)
            #expect(try frames(file) == expected)
        }
    }

    /// The sound without the edit list, so that ffmpeg decodes the encoder's delay on both sides.
    private func withoutEdits(_ scratch: Scratch) throws -> URL {
        let file = scratch.folder.appendingPathComponent("reference.aac")
        _ = try Tool.run(["ffmpeg", "-v", "error", "-i", SourceTrack.film.path, "-vn", "-c", "copy", file.path])
        return file
    }

    @Test func onlyPicturesWithSoundAreMuxed() throws {
        let source = try Self.source.get()
        #expect(throws: TransportStreamError.self) {
            try MuxedStreamTracks(video: source.tracks.audio, audio: source.tracks.audio)
        }
        for number in [-1, source.video.index.segmentCount] {
            #expect(throws: TransportStreamError.self) { try MuxedStreamPlan(tracks: source.tracks, segment: number) }
        }
        var writer = MuxedStreamWriter(try MuxedStreamPlan(tracks: source.tracks, segment: 0))
        var output = PacketBuffer()
        _ = try writer.next(into: &output)
        #expect(throws: TransportStreamError.self) {
            var more = PacketBuffer()
            _ = try writer.next(into: &more)
        }
    }
}
