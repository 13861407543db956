import Foundation
import MediaModel
import Testing

@Suite struct TrackIndexTests {
    static let description = TrackDescription(
        name: "video-720p", kind: .video,
        codec: CodecConfiguration(sampleEntry: "avc1", decoderSpecific: [1, 2, 3], codecString: "avc1.64001f"),
        timescale: 12_800, averageBitrate: 1, peakBitrate: 2,
        video: VideoFormat(width: 1280, height: 720, frameRateNumerator: 25, frameRateDenominator: 1))

    /// Two segments of two samples.
    static func index() throws -> Data {
        var builder = TrackIndexBuilder()
        for segment in 0..<2 {
            builder.addSegment(
                decodeTime: UInt64(segment) * 1024,
                samples: (0..<2).map { sample in
                    TrackIndexBuilder.NewSample(
                        offset: UInt64(segment * 200 + sample * 100), size: 100, duration: 512,
                        compositionOffset: sample == 0 ? 0 : -512, isSync: sample == 0,
                        subsamples: [SubsampleEntry(clearBytes: 20, protectedBytes: 80)])
                })
        }
        return try builder.encode(description: description, mediaSize: 400)
    }

    @Test func readsBackWhatWasWritten() throws {
        let index = try TrackIndex(validating: try Self.index())
        #expect(index.description == Self.description)
        #expect(index.segmentCount == 2)
        #expect(index.duration == 2048)
        #expect(index.mediaSize == 400)
        let second = index.segment(1)
        #expect(
            second == SegmentEntry(decodeTime: 1024, duration: 1024, firstSample: 2, sampleCount: 2, byteCount: 200))
        let samples = index.samples(of: second)
        #expect(samples.map(\.offset) == [200, 300])
        #expect(samples.map(\.compositionOffset) == [0, -512])
        #expect(samples.map(\.isSync) == [true, false])
        #expect(index.subsamples(of: samples[1]) == [SubsampleEntry(clearBytes: 20, protectedBytes: 80)])
        #expect(index.segmentIndex(startingAt: 1024) == 1)
        #expect(index.segmentIndex(startingAt: 1023) == nil)
        #expect(index.segmentIndex(startingAt: .max) == nil)
    }

    /// Presentation less decode time, in samples, of two segments; a key frame comes where the third says.
    @Test(
        arguments: [
            ([0, 0, 0], [0, 0, 0], 0, false), ([1, 2, 0], [1, 2, 0], 0, false), ([0, 1, -1], [0, 1, -1], 0, false),
            // Shown before the key frame: behind it in decode order, or before it.
            ([1, 2, 0], [2, -1, -1], 0, true), ([0, 0, 0], [1, -1, 0], 0, true), ([0, 0, 0], [0, 0, 0], 1, true),
            ([0, 0, 0], [0, 0, 0], 3, true),
        ] as [([Int32], [Int32], Int, Bool)])
    func openSegmentsAreFound(first: [Int32], second: [Int32], key: Int, isOpen: Bool) throws {
        var builder = TrackIndexBuilder()
        for (segment, offsets) in [first, second].enumerated() {
            builder.addSegment(
                decodeTime: UInt64(segment) * 1536,
                samples: offsets.enumerated().map { number, offset in
                    TrackIndexBuilder.NewSample(
                        offset: 0, size: 100, duration: 512, compositionOffset: offset * 512,
                        isSync: number == (segment == 0 ? 0 : key), subsamples: [])
                })
        }
        let index = try TrackIndex(validating: try builder.encode(description: Self.description, mediaSize: 100))
        #expect(index.hasOpenSegments == isOpen)
    }

    @Test func everyPrefixIsRefused() throws {
        let data = try Self.index()
        for length in 0..<data.count {
            #expect(throws: TrackIndexError.self) { try TrackIndex(validating: data.prefix(length)) }
        }
        #expect(throws: TrackIndexError.self) { try TrackIndex(validating: data + [0]) }
    }

    /// A changed byte gives an error or an index whose every access stays in bounds; never a trap.
    @Test func changedBytesDoNotTrap() throws {
        let data = try Self.index()
        for position in data.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] where data[position] != value {
                var changed = data
                changed[position] = value
                guard let index = try? TrackIndex(validating: changed) else { continue }
                for number in 0..<index.segmentCount {
                    for sample in index.samples(of: index.segment(number)) {
                        #expect(sample.offset + UInt64(sample.size) <= index.mediaSize)
                        _ = index.subsamples(of: sample)
                    }
                }
                _ = index.duration
            }
        }
    }

    @Test(arguments: ["", "Video", "a/b", "..", String(repeating: "a", count: 65)])
    func namesAreBounded(name: String) throws {
        var description = Self.description
        description.name = name
        #expect(description.defect != nil)
    }
}
