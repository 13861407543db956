import Foundation
import MovieFiles
import Testing

/// Four hours: the tables are large, the media is not there until it is asked for.
@Suite struct LongMovieTests {
    /// A file of which only the head is in memory; the media behind it are zeros.
    private struct SparseSource: MovieSource {
        let head: [UInt8]
        let size: UInt64

        func read(_ range: Range<UInt64>) throws(MovieError) -> [UInt8] {
            let (from, until) = (Int(range.lowerBound), Int(range.upperBound))
            guard from < head.count else { return [UInt8](repeating: 0, count: range.count) }
            let inHead = Array(head[from..<min(until, head.count)])
            return inHead + [UInt8](repeating: 0, count: until - from - inHead.count)
        }
    }

    @Test func fourHoursOfSoundOpenInBoundedMemory() throws {
        // 48 kHz: 46.875 frames a second.
        let count = 4 * 3600 * 46_875 / 1000
        let frame = 4000
        // A short file, whose tables are then said to be long.
        let short = MovieMaker(form: .init(samplesPerRun: 1, movieIsFirst: true), tracks: [.sound(count: 1)]).file()
        let moov = try #require(Bytes.find("moov", in: short)) - 4
        let table = try #require(Bytes.find("stts", in: short)) - 4
        let durations = Bytes.box("stts", Bytes.u32(0) + Bytes.u32(1) + Bytes.u32(UInt32(count)) + Bytes.u32(1024))
        let runs = Bytes.box(
            "stsc", Bytes.u32(0) + Bytes.u32(1) + Bytes.u32(1) + Bytes.u32(UInt32(count)) + Bytes.u32(1))
        let sizes = Bytes.box(
            "stsz",
            Bytes.u32(0) + Bytes.u32(0) + Bytes.u32(UInt32(count))
                + [UInt8](unsafeUninitializedCapacity: count * 4) { buffer, filled in
                    for index in 0..<count {
                        for (place, byte) in Bytes.u32(UInt32(frame)).enumerated() { buffer[index * 4 + place] = byte }
                    }
                    filled = count * 4
                })
        let tables = durations + runs + sizes
        let grown = tables.count + 24 - (try #require(Bytes.find("mdat", in: short)) - 4 - table)
        var head = Array(short[..<table])
        for type in ["moov", "trak", "mdia", "minf", "stbl"] {
            let at = try #require(Bytes.find(type, in: head)) - 4
            let size = head[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
            head.replaceSubrange(at..<(at + 4), with: Bytes.u32(UInt32(size + grown)))
        }
        #expect(moov < table)
        head += tables
        let place = UInt64(head.count + 24 + 16)
        head += Bytes.box("co64", Bytes.u32(0) + Bytes.u32(1) + Bytes.u64(place))
        head += Bytes.u32(1) + Bytes.text("mdat") + Bytes.u64(UInt64(count * frame) + 16)
        let source = SparseSource(head: head, size: UInt64(head.count) + UInt64(count * frame))
        let plan = try UploadPlan([MovieFile(reading: source, name: "long.mp4")])
        #expect(plan.tracks.count == 1)
        #expect(plan.tracks[0].byteCount == UInt64(count * frame))
        var reader = plan.tracks[0].segments()
        var end: UInt64 = 0
        for _ in 0..<5 {
            let segment = try #require(try reader.next())
            #expect(segment.decodeTime == end)
            end += segment.samples.reduce(0) { $0 + UInt64($1.duration) }
        }
        #expect(end == 469 * 1024)
    }
}
