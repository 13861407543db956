import Catalog
import ContentKeys
import Foundation
import MediaModel
import MediaStorage
import Testing

@testable import Origin

/// What of an asset MPEG-TS can carry: the rest is left out, or the format refused with the way out.
@Suite struct TransportStreamFormTests {
    private struct NoMedia: MediaReader {
        var size: UInt64 { 100 }
        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {}
    }

    private static let codecs: [FourCC: (kind: TrackKind, specific: [UInt8])] = [
        "avc1": (
            .video,
            [1, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0, 9, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0, 0xB4, 0x26, 0x40, 1, 0, 4]
                + [0x68, 0xCB, 0x83, 0xCB]
        ),
        "mp4a": (.audio, [0x11, 0x90]), "ac-3": (.audio, [0x10, 0x3D, 0xE0]),
    ]

    private func track(_ entry: FourCC, _ kind: TrackKind) throws -> OpenedTrack {
        var description = TrackDescription(
            name: "\(kind.rawValue)-\(entry)".lowercased(), kind: kind,
            codec: CodecConfiguration(
                sampleEntry: entry, decoderSpecific: Self.codecs[entry]?.specific ?? [1], codecString: "\(entry)"),
            timescale: 1000, averageBitrate: 1, peakBitrate: 1)
        switch kind {
        case .video:
            description.video = VideoFormat(width: 16, height: 16, frameRateNumerator: 25, frameRateDenominator: 1)
        case .audio, .text, .image: description.audio = AudioFormat(sampleRate: 48_000, channelCount: 2)
        }
        var builder = TrackIndexBuilder()
        builder.addSegment(
            decodeTime: 0,
            samples: [
                .init(offset: 0, size: 100, duration: 1000, compositionOffset: 0, isSync: true, subsamples: [])
            ])
        let index = try TrackIndex(validating: builder.encode(description: description, mediaSize: 100))
        let record = TrackRecord(
            description: description, duration: 1000, segmentCount: 1, mediaFile: "m", indexFile: "i", mediaSize: 100,
            mediaNonce: 1, indexDigest: [])
        return try OpenedTrack(record: record, asset: "a", version: 1, index: index, media: NoMedia())
    }

    private func version(_ video: [FourCC], _ audio: [FourCC]) throws -> OpenedVersion {
        OpenedVersion(
            record: AssetVersionRecord(asset: "a", number: 1, created: Date(), job: nil, tracks: []),
            storageKey: .random(),
            tracks: try video.map { try track($0, .video) } + audio.map { try track($0, .audio) })
    }

    @Test func otherCodecsAreLeftOutWhereOneOfTheirKindStays() throws {
        let version = try version(["hvc1", "avc1", "av01"], ["Opus", "mp4a", "ac-3", "fLaC"])
        let carried = try version.tracks(in: .transportStream).map(\.record.description.codec.sampleEntry)
        #expect(carried == ["avc1", "mp4a", "ac-3"])
        #expect(try version.tracks(in: .cmaf).count == 7)
    }

    @Test(
        arguments: [(["hvc1"], ["mp4a"]), (["av01"], ["mp4a"]), (["vp09"], []), (["avc1"], ["Opus"]), ([], ["fLaC"])]
            as [([FourCC], [FourCC])])
    func aKindWithoutFormRefusesTheFormat(video: [FourCC], audio: [FourCC]) throws {
        let version = try version(video, audio)
        do {
            _ = try version.tracks(in: .transportStream)
            Issue.record("it was carried")
        } catch {
            #expect(error.code == .formatCannotCarry)
            #expect(error.choices == ["m3u8-cmaf", "mpd-time-cmaf", "mpd-time-csf"].map { "format=\($0)" })
            #expect(error.detail.hasPrefix("Track '"))
        }
    }
}
