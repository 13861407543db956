import Catalog
import MediaModel
import MediaStorage
import Testing

@testable import Origin

/// What entity tags call a track's bytes: equal names mean equal media, also where indexes are equal.
@Suite struct ContentDigestTests {
    private struct NoMedia: MediaReader {
        var size: UInt64 { 100 }
        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {}
    }

    private static func digest(
        index indexDigest: UInt8 = 1, tags: UInt8?, _ asset: String = "film", _ version: Int = 1,
        nonce: UInt64 = 1
    ) throws -> String {
        let description = TrackDescription(
            name: "audio", kind: .audio,
            codec: CodecConfiguration(sampleEntry: "ac-3", decoderSpecific: [0x10, 0x3D, 0xE0], codecString: "ac-3"),
            timescale: 1000, averageBitrate: 1, peakBitrate: 1,
            audio: AudioFormat(sampleRate: 48_000, channelCount: 2))
        var builder = TrackIndexBuilder()
        builder.addSegment(
            decodeTime: 0,
            samples: [
                .init(offset: 0, size: 100, duration: 1000, compositionOffset: 0, isSync: true, subsamples: [])
            ])
        let index = try TrackIndex(validating: builder.encode(description: description, mediaSize: 100))
        let record = TrackRecord(
            description: description, duration: 1000, segmentCount: 1, mediaFile: "m", indexFile: "i", mediaSize: 100,
            mediaNonce: nonce, indexDigest: .init(repeating: indexDigest, count: 32),
            tagsDigest: tags.map { .init(repeating: $0, count: 32) })
        return try OpenedTrack(
            record: record, asset: asset, version: version, index: index, media: NoMedia()
        ).contentDigest
    }

    @Test func otherMediaUnderAnEqualIndexHasAnotherName() throws {
        #expect(try Self.digest(tags: 1) != Self.digest(tags: 2))
        #expect(try Self.digest(index: 1, tags: 1) != Self.digest(index: 2, tags: 1))
        #expect(try Self.digest(tags: 1).count == 64)
    }

    /// The same media is the same on every node, however it is stored.
    @Test func equalMediaHaveOneName() throws {
        #expect(try Self.digest(tags: 1, nonce: 1) == Self.digest(tags: 1, nonce: 2))
        #expect(try Self.digest(tags: 1, "film", 1) == Self.digest(tags: 1, "film", 2))
    }

    @Test func withoutTagsTheVersionIsInTheName() throws {
        #expect(try Self.digest(tags: nil) == Self.digest(tags: nil))
        #expect(try Self.digest(tags: nil, "film", 1) != Self.digest(tags: nil, "film", 2))
        #expect(try Self.digest(tags: nil, "film", 1) != Self.digest(tags: nil, "other", 1))
    }
}
