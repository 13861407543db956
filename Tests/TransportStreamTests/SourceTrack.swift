import Foundation
import MediaModel
import TestSupport
import TransportStream

/// A track of an MP4 file with an index made from what ffprobe says of its packets; the file itself is the track file.
struct SourceTrack {
    var file: URL
    var media: Data
    var index: TrackIndex

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let film = root.appendingPathComponent("Tests/Media/bigbuckbunny_720p.mp4")

    private struct Probe: Decodable {
        struct Packet: Decodable {
            var pts: Int64
            var dts: Int64
            var duration: Int64
            var size: String
            var pos: String
            var flags: String
        }
        struct Stream: Decodable {
            var timeBase: String

            enum CodingKeys: String, CodingKey {
                case timeBase = "time_base"
            }
        }
        var packets: [Packet]
        var streams: [Stream]
    }

    /// - Parameters:
    ///   - segmentDuration: in seconds; video segments begin at sync samples.
    ///   - shift: added to every decode time, in the track's timescale.
    ///   - cutsAnywhere: lets video segments begin at any sample.
    ///   - negativeOffsets: takes composition offsets as version 1 of `trun` may have them, the earliest being
    ///     negative.
    init(
        _ file: URL, kind: TrackKind, segmentDuration: Double = 2, shift: UInt64 = 0, negativeOffsets: Bool = false,
        cutsAnywhere: Bool = false
    ) throws {
        self.file = file
        media = try Data(contentsOf: file)
        let probe = try Self.probe(file, kind)
        let timescale = UInt32(probe.streams[0].timeBase.split(separator: "/")[1]) ?? 0
        let origin = probe.packets[0].dts
        var builder = TrackIndexBuilder()
        var samples: [TrackIndexBuilder.NewSample] = []
        var start: Int64 = 0
        for (number, packet) in probe.packets.enumerated() {
            let time = packet.dts - origin
            let isSync = packet.flags.hasPrefix("K")
            if isSync || cutsAnywhere, Double(time - start) >= segmentDuration * Double(timescale) - 1 {
                builder.addSegment(decodeTime: UInt64(start) + shift, samples: samples)
                (samples, start) = ([], time)
            }
            let next = number + 1 < probe.packets.count ? probe.packets[number + 1].dts - packet.dts : packet.duration
            let composition = packet.pts - packet.dts - (negativeOffsets ? -origin : 0)
            samples.append(
                .init(
                    offset: UInt64(packet.pos) ?? 0, size: UInt32(packet.size) ?? 0, duration: UInt32(next),
                    compositionOffset: Int32(composition), isSync: isSync, subsamples: []))
        }
        builder.addSegment(decodeTime: UInt64(start) + shift, samples: samples)
        let description = try Self.description(kind, timescale: timescale, media: media)
        index = try TrackIndex(
            validating: builder.encode(description: description, mediaSize: UInt64(media.count)))
    }

    private static func probe(_ file: URL, _ kind: TrackKind) throws -> Probe {
        let tool = try Tool.run([
            "ffprobe", "-v", "error", "-select_streams", kind == .video ? "v:0" : "a:0", "-show_entries",
            "packet=pts,dts,duration,size,pos,flags:stream=time_base", "-of", "json", file.path,
        ])
        return try JSONDecoder().decode(Probe.self, from: tool.standardOutput)
    }

    private static func description(
        _ kind: TrackKind, timescale: UInt32, media: Data
    ) throws -> TrackDescription {
        var description = TrackDescription(
            name: "t", kind: kind,
            codec: CodecConfiguration(sampleEntry: "avc1", decoderSpecific: [], codecString: "avc1.640028"),
            timescale: timescale, averageBitrate: 1, peakBitrate: 1)
        if kind == .video {
            description.codec.decoderSpecific = boxPayload("avcC", in: media)
            description.video = VideoFormat(
                width: 640, height: 360, frameRateNumerator: 25, frameRateDenominator: 1)
        } else {
            description.codec = audioCodec(media)
            description.audio = AudioFormat(sampleRate: 48_000, channelCount: 2)
            description.language = "eng"
        }
        return description
    }

    private static func audioCodec(_ media: Data) -> CodecConfiguration {
        for (entry, box) in [("ac-3", "dac3"), ("ec-3", "dec3")] as [(FourCC, String)] {
            let payload = boxPayload(box, in: media)
            if !payload.isEmpty {
                return CodecConfiguration(sampleEntry: entry, decoderSpecific: payload, codecString: "\(entry)")
            }
        }
        return CodecConfiguration(
            sampleEntry: "mp4a", decoderSpecific: decoderSpecificInfo(boxPayload("esds", in: media)),
            codecString: "mp4a.40.2")
    }

    private static func boxPayload(_ type: String, in media: Data) -> [UInt8] {
        guard let box = media.range(of: Data(type.utf8)) else { return [] }
        let size = media[(box.lowerBound - 4)..<box.lowerBound].reduce(0) { $0 << 8 | Int($1) }
        return [UInt8](media[box.upperBound..<(box.lowerBound - 4 + size)])
    }

    /// The payload of the descriptor with tag 5, whose length ffmpeg writes in four bytes.
    private static func decoderSpecificInfo(_ esds: [UInt8]) -> [UInt8] {
        guard let tag = Data(esds).range(of: Data([5, 0x80, 0x80, 0x80])), tag.upperBound < esds.count else {
            return []
        }
        return Array(esds[(tag.upperBound + 1)...].prefix(Int(esds[tag.upperBound])))
    }

    /// The media of a segment: its samples one after another.
    func payload(of segment: Int) -> [UInt8] {
        index.samples(of: index.segment(segment)).flatMap { sample in
            [UInt8](media[Int(sample.offset)..<(Int(sample.offset) + Int(sample.size))])
        }
    }

    /// A segment as a transport stream, fed in pieces whose sizes `piece` gives.
    func transportStream(of segment: Int, piece: () -> Int = { 65_536 }) throws -> [UInt8] {
        let plan = try TransportStreamPlan(track: TransportStreamTrack(index: index), segment: segment)
        var writer = TransportStreamWriter(plan)
        var output = PacketBuffer()
        let payload = payload(of: segment)
        var position = 0
        while position < payload.count {
            let end = min(payload.count, position + max(1, piece()))
            try writer.write(Array(payload[position..<end]), into: &output)
            position = end
        }
        try writer.finish(into: &output)
        return output.bytes
    }
}

/// A folder that goes away with the test.
final class Scratch {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ts-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        return url
    }
}
