import Testing

@testable import MediaModel

@Suite struct ThumbnailLayoutTests {
    /// Numbers that are the same in every run.
    private struct Sequence: RandomNumberGenerator {
        var state: UInt64 = 45
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// For any layout and length: pictures follow each other without a gap from zero to the film's end, no two lie on the
    /// same place, all lie within their sheet, and the sheets are as many as are needed.
    @Test func everyMomentHasOnePicture() {
        var numbers = Sequence()
        for _ in 0..<2000 {
            let format = ImageFormat(
                role: .thumbnails, width: 2 * Int.random(in: 1...100, using: &numbers),
                height: 2 * Int.random(in: 1...100, using: &numbers), columns: Int.random(in: 1...9, using: &numbers),
                rows: Int.random(in: 1...9, using: &numbers), interval: UInt32.random(in: 1...100_000, using: &numbers))
            let end = UInt64.random(in: 1...(UInt64(format.interval) * 300), using: &numbers)
            let layout = ThumbnailLayout(format: format, timescale: 12_800, end: end)
            var time: UInt64 = 0
            var places: Set<[Int]> = []
            for number in 0..<layout.count {
                let cell = layout.cell(number)
                #expect(cell.start == time && cell.end > cell.start)
                #expect(cell.start == UInt64(number) * UInt64(format.interval))
                #expect(cell.sheet == Int(cell.start / format.sheetDuration))
                #expect(cell.x + format.width <= format.sheetWidth && cell.y + format.height <= format.sheetHeight)
                #expect(places.insert([cell.sheet, cell.x, cell.y]).inserted)
                time = cell.end
            }
            #expect(time == end)
            #expect(layout.sheetCount == Int((end + format.sheetDuration - 1) / format.sheetDuration))
        }
    }

    private func index(
        _ sheets: [(time: UInt64, duration: UInt32)], size: UInt32 = 1000, timescale: UInt32 = 1000,
        interval: UInt32 = 2000
    ) throws -> TrackIndex {
        var builder = TrackIndexBuilder()
        for (number, sheet) in sheets.enumerated() {
            builder.addSegment(
                decodeTime: sheet.time,
                samples: [
                    TrackIndexBuilder.NewSample(
                        offset: UInt64(number) * UInt64(size), size: size, duration: sheet.duration,
                        compositionOffset: 0, isSync: true, subsamples: [])
                ])
        }
        let description = TrackDescription(
            name: "thumbnails", kind: .image,
            codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"),
            timescale: timescale,
            averageBitrate: 1, peakBitrate: 1,
            image: ImageFormat(role: .thumbnails, width: 160, height: 90, columns: 3, rows: 2, interval: interval))
        return try TrackIndex(
            validating: builder.encode(
                description: description, mediaSize: UInt64(sheets.count) * UInt64(size)))
    }

    @Test func sheetsMustLieAsTheFormatSays() throws {
        let layout = try #require(ThumbnailLayout(try index([(0, 12_000), (12_000, 12_000), (24_000, 1)])))
        #expect(layout.count == 13 && layout.sheetCount == 3)
        let last = layout.cell(12)
        #expect(last.sheet == 2 && last.x == 0 && last.y == 0 && last.start == 24_000 && last.end == 24_001)
        #expect(ThumbnailLayout(try index([(0, 12_000), (12_001, 12_000)])) == nil)
        #expect(ThumbnailLayout(try index([(0, 12_001)])) == nil)
    }

    @Test func whatIsTooLargeForPicturesIsNone() throws {
        #expect(ImageFormat.isBounded(try index([(0, 12_000)])))
        #expect(!ImageFormat.isBounded(try index([(0, 12_000)], size: 9 << 20)))
        let many = (0..<40).map { (UInt64($0) * 12_000, UInt32(12_000)) }
        #expect(ImageFormat.isBounded(try index(many, size: 6 << 20)))
        #expect(!ImageFormat.isBounded(try index(many, size: 7 << 20)))
        // Few pictures that stand for centuries: their times would not fit into the numbers of a manifest.
        #expect(!ImageFormat.isBounded(try index([(0, .max), (6 << 32, .max)], timescale: 1, interval: .max)))
    }
}
