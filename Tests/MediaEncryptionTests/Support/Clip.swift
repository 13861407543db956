import CodecSyntax
import Foundation
import ISOBaseMedia
import MediaModel
import Testing
import TrackCodecs

/// A track made from the real clip of Tests/Media: its samples in one file, and their index, as the encoder leaves them.
struct Clip: Sendable {
    var index: TrackIndex
    /// The track file: samples only, in decode order.
    var media: [UInt8]

    /// H.264 with B-frames and four slices a picture, a segment every second.
    static let video = Result { try Clip(.video) }
    /// AAC in stereo.
    static let audio = Result { try Clip(.audio) }

    static func of(_ kind: TrackKind) throws -> Clip {
        switch kind {
        case .video: try video.get()
        case .audio, .text, .image: try audio.get()
        }
    }

    private init(_ kind: TrackKind) throws {
        let arguments =
            switch kind {
            case .video:
                "-map 0:v -vf scale=640:360 -c:v libx264 -preset veryfast -bf 2 -g 25 -x264-params slices=4"
            case .audio, .text, .image: "-map 0:a -c:a aac -b:a 96k -ac 2 -frag_duration 2000000"
            }
        try self.init(encoding: arguments)
    }

    /// A clip that ffmpeg makes with these arguments: one track.
    init(encoding arguments: String, of source: URL = Repository.clip) throws {
        let flags = "frag_keyframe+empty_moov+delay_moov+default_base_moof+negative_cts_offsets"
        let bytes = try Scratch.with { folder in
            let file = folder.appending(path: "clear.mp4")
            try Tool.ffmpeg.run(
                ["-v", "error", "-i", source.path()] + arguments.split(separator: " ").map(String.init)
                    + ["-strict", "-2", "-use_editlist", "0", "-movflags", flags, file.path()], quietly: true)
            return [UInt8](try Data(contentsOf: file))
        }
        try self.init(file: bytes)
    }

    private init(file: [UInt8]) throws {
        let boxes = try BoxParser.parse(file)
        let moov = try #require(boxes.first { $0.box.type == "moov" }).box
        let media = try #require(moov.descendant("trak", "mdia"))
        let entry = try #require(media.descendant("minf", "stbl", "stsd")?.children.first)
        let codec = try TrackCodec(entry)
        var description = TrackDescription(
            name: codec.kind.rawValue, kind: codec.kind, codec: codec.configuration,
            timescale: try #require(media.first(MediaHeaderBox.self)).timescale, averageBitrate: 0, peakBitrate: 0,
            video: codec.picture?.format(frameRateNumerator: 25, frameRateDenominator: 1), audio: codec.audio)
        var mapper = codec.mapper
        var builder = TrackIndexBuilder()
        self.media = []
        for located in boxes where located.box.type == "moof" {
            let fragment = try FragmentReader(located)
            var samples: [TrackIndexBuilder.NewSample] = []
            for sample in fragment.samples {
                let bytes = Array(file[sample.range])
                let map = try mapper.map(bytes)
                #expect(map.isSync == nil || map.isSync == sample.isSync)
                samples.append(
                    .init(
                        offset: UInt64(self.media.count), size: UInt32(bytes.count), duration: sample.duration,
                        compositionOffset: sample.compositionOffset, isSync: sample.isSync,
                        subsamples: map.subsamples))
                self.media += bytes
            }
            builder.addSegment(decodeTime: fragment.decodeTime, samples: samples)
        }
        (description.averageBitrate, description.peakBitrate) = builder.bitrates(timescale: description.timescale)
        index = try TrackIndex(
            validating: builder.encode(description: description, mediaSize: UInt64(self.media.count)))
    }
}

/// The samples of a `moof` as ffmpeg writes it: one `traf`, one or more `trun`.
struct FragmentReader {
    struct Sample {
        var range: Range<Int>
        var duration: UInt32
        var compositionOffset: Int32
        var isSync: Bool
    }

    var decodeTime: UInt64
    var samples: [Sample] = []

    init(_ located: LocatedBox) throws {
        let traf = try #require(located.box.first(ContainerBox.self))
        let defaults = try #require(traf.first(TrackFragmentHeaderBox.self))
        decodeTime = try #require(traf.first(TrackFragmentDecodeTimeBox.self)).decodeTime
        for case let run as TrackRunBox in traf.children {
            var offset = located.offset + Int(try #require(run.dataOffset))
            for (position, sample) in run.samples.enumerated() {
                let size = run.present.contains(.size) ? sample.size : defaults.sampleSize ?? 0
                let ownFlags = run.present.contains(.flags) ? sample.flags : defaults.sampleFlags
                let flags = position == 0 ? run.firstSampleFlags ?? ownFlags : ownFlags
                samples.append(
                    Sample(
                        range: offset..<(offset + Int(size)),
                        duration: run.present.contains(.duration) ? sample.duration : defaults.sampleDuration ?? 0,
                        compositionOffset: sample.compositionOffset, isSync: flags?.isSync ?? true))
                offset += Int(size)
            }
        }
    }
}
