import MediaModel
import Testing

@Suite struct SmoothTimeTests {
    @Test(
        arguments: [
            (0, 48_000, 0), (1024, 48_000, 213_333), (-1, 3, -3_333_333), (-1, 25, -400_000), (1, 90_000, 111),
            (1, 4_000_000_000, 0), (Int64.max, 10_000_000, Int64.max), (-2, 3, -6_666_667),
        ] as [(Int64, UInt32, Int64)])
    func timesAreRoundedToTheNearest(time: Int64, timescale: UInt32, expected: Int64) {
        #expect(SmoothTime.units(time, timescale: timescale) == expected)
    }

    @Test func whatDoesNotFitIsNil() {
        #expect(SmoothTime.units(Int64.max, timescale: 1) == nil)
        #expect(SmoothTime.units(Int64.min, timescale: 1) == nil)
        #expect(SmoothTime.units(UInt64.max, timescale: 10_000_000) == nil)
        #expect(SmoothTime.units(Int64(1), timescale: 0) == nil)
    }

    private func index(_ kind: TrackKind, offsets: [Int32]) throws -> TrackIndex {
        var builder = TrackIndexBuilder()
        for (number, offset) in offsets.enumerated() {
            builder.addSegment(
                decodeTime: UInt64(number) * 512,
                samples: [
                    .init(
                        offset: 0, size: 1, duration: 512, compositionOffset: offset, isSync: true, subsamples: [])
                ])
        }
        var description = TrackDescription(
            name: "t", kind: kind,
            codec: CodecConfiguration(sampleEntry: "avc1", decoderSpecific: [1], codecString: "avc1"),
            timescale: 12_800, averageBitrate: 1, peakBitrate: 1)
        description.video = VideoFormat(width: 1, height: 1, frameRateNumerator: 25, frameRateDenominator: 1)
        description.audio = AudioFormat(sampleRate: 48_000, channelCount: 2)
        return try TrackIndex(validating: builder.encode(description: description, mediaSize: 1))
    }

    /// Sound waits for as long as pictures are shown late; without pictures before their decoding nothing waits.
    @Test func soundWaitsForPictures() throws {
        let video = try index(.video, offsets: [0, -512, 512])
        let audio = try index(.audio, offsets: [0, 0, 0])
        let timing = SmoothTiming([video, audio])
        #expect(timing.delay == 400_001)
        #expect(timing.composition(of: .video) == 400_001 && timing.composition(of: .audio) == 0)
        #expect(video.segmentIndex(startingAtSmoothTime: 400_000, timing) == 1)
        #expect(audio.segmentIndex(startingAtSmoothTime: 400_001, timing) == 0)
        #expect(audio.segmentIndex(startingAtSmoothTime: 800_001, timing) == 1)
        for wrong in [0, 400_000, 800_000, 99_999_999] as [UInt64] {
            #expect(audio.segmentIndex(startingAtSmoothTime: wrong, timing) == nil)
        }
        #expect(SmoothTiming([try index(.video, offsets: [0, 512]), audio]) == .none)
        #expect(SmoothTiming([audio]) == .none)
        #expect(timing.start(.max, of: .audio, timescale: 12_800) == nil)
    }
}
