import Foundation
import ISOBaseMedia
import MediaModel
import Testing

@Suite struct ProgressiveHeaderTests {
    private func track(_ sizes: [UInt32], compositionOffset: Int32 = 0, begin: UInt64 = 0) throws -> TrackIndex {
        let description = TrackDescription(
            name: "v", kind: .video,
            codec: CodecConfiguration(sampleEntry: "avc1", decoderSpecific: [1], codecString: "avc1.42c00a"),
            timescale: 1000, averageBitrate: 1, peakBitrate: 1,
            video: VideoFormat(width: 16, height: 16, frameRateNumerator: 1, frameRateDenominator: 1))
        var builder = TrackIndexBuilder()
        var offset: UInt64 = 0
        for (number, size) in sizes.enumerated() {
            builder.addSegment(
                decodeTime: begin + UInt64(number) * 2000,
                samples: [
                    .init(
                        offset: offset, size: size, duration: 1000, compositionOffset: compositionOffset, isSync: true,
                        subsamples: [])
                ])
            offset += UInt64(size)
        }
        return try TrackIndex(validating: builder.encode(description: description, mediaSize: offset))
    }

    private func header(_ index: TrackIndex) throws -> ProgressiveHeader {
        try ProgressiveHeader(
            [try ProgressiveTrack(index)],
            segments: (0..<index.segmentCount).map { (0, index.segment($0).byteCount) })
    }

    /// Beyond 4 GiB sizes and places have 64 bits.
    @Test func largeFilesHaveLongSizes() throws {
        let header = try header(try track([UInt32](repeating: 1 << 30, count: 5)))
        #expect(header.size == UInt64(header.bytes.count) + 5 << 30)
        let data = Data(header.bytes)
        #expect(data.range(of: Data("co64".utf8)) != nil && data.range(of: Data("stco".utf8)) == nil)
        let last = data.suffix(16)
        #expect(Array(last.prefix(8)) == [0, 0, 0, 1] + Array("mdat".utf8))
        #expect(last.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } == 5 << 30 + 16)
        let place = try #require(data.range(of: Data("co64".utf8))).upperBound
        let first = data[(place + 8)..<(place + 16)].reduce(0) { $0 << 8 | UInt64($1) }
        #expect(first == UInt64(header.bytes.count))
    }

    /// A gap belongs to the sample before it, a late beginning is an empty edit, negative offsets become an edit's media time.
    @Test func gapsDelaysAndReorderingKeepTheirTimes() throws {
        let header = try header(try track([10, 10, 10], compositionOffset: -500, begin: 3000))
        let movie = try #require(try BoxParser.parse(Array(header.bytes.dropLast(8))).last?.box)
        let times = try #require(movie.descendant("trak", "mdia", "minf", "stbl", "stts") as? TimeToSampleBox)
        #expect(times.entries.map(\.duration) == [2000, 1000])
        #expect(times.entries.map(\.sampleCount) == [2, 1])
        let edits = try #require(movie.descendant("trak", "edts", "elst") as? EditListBox)
        #expect(edits.entries.map(\.mediaTime) == [-1, 0])
        #expect(edits.entries.first?.duration == 2500)
    }
}
