import CodecSyntax
import Foundation
import MediaModel
import Testing
import TransportStream

/// Invented samples of every size around the borders of packets.
@Suite struct SampleSizeTests {
    @Test(arguments: [TrackKind.video, .audio])
    func everySizeNearPacketBorders(kind: TrackKind) throws {
        try check(kind, sizes: Array(5...600))
    }

    @Test(arguments: [TrackKind.video, .audio], 0..<4)
    func randomSizes(kind: TrackKind, _: Int) throws {
        let largest = kind == .video ? 140_000 : 8184
        try check(kind, sizes: (0..<20).map { _ in Int.random(in: 5...Int.random(in: 6...largest)) })
    }

    /// ADTS counts a frame in 13 bits.
    @Test func audioFramesThatAreTooLong() throws {
        let track = try Invented(.audio, sizes: [100, 8185])
        #expect(throws: TransportStreamError.self) { try TransportStreamPlan(index: track.index, segment: 0) }
    }

    private func check(_ kind: TrackKind, sizes: [Int]) throws {
        let track = try Invented(kind, sizes: sizes)
        let plan = try TransportStreamPlan(index: track.index, segment: 0)
        var writer = TransportStreamWriter(plan)
        var output = PacketBuffer()
        try writer.write(track.samples.flatMap { $0 }, into: &output)
        try writer.finish(into: &output)
        #expect(output.count == plan.byteCount)
        var inspector = StreamInspector()
        inspector.read(output.bytes)
        #expect(inspector.faults == [])
        let units = try #require(inspector.units[kind == .video ? 0x100 : 0x101])
        let payload = try units.flatMap { try #require(inspector.pes($0)).payload }
        #expect(
            try Invented.content(payload, kind) == track.samples.map { Array($0.dropFirst(kind == .video ? 4 : 0)) })
    }
}

/// A track of one segment with samples of given sizes.
private struct Invented {
    var samples: [[UInt8]] = []
    var index: TrackIndex

    init(_ kind: TrackKind, sizes: [Int]) throws {
        var description = try SourceTrack(SourceTrack.film, kind: kind).index.description
        description.timescale = 48_000
        var builder = TrackIndexBuilder()
        var entries: [TrackIndexBuilder.NewSample] = []
        var offset = 0
        for (number, size) in sizes.enumerated() {
            samples.append(Self.sample(kind, size))
            entries.append(
                .init(
                    offset: UInt64(offset), size: UInt32(size), duration: 1024,
                    compositionOffset: kind == .video ? Int32(number % 3) * 512 : 0, isSync: number % 7 == 0,
                    subsamples: []))
            offset += size
        }
        builder.addSegment(decodeTime: 0, samples: entries)
        index = try TrackIndex(validating: builder.encode(description: description, mediaSize: UInt64(offset)))
    }

    /// For video one NAL unit that fills the sample; no byte of it looks like a start code.
    private static func sample(_ kind: TrackKind, _ size: Int) -> [UInt8] {
        let body = { (count: Int) in (0..<count).map { UInt8(4 + ($0 * 31 + size) % 252) } }
        guard kind == .video else { return body(size) }
        let length = size - 4
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + [0x41] + body(length - 1)
    }

    /// The slices or the frames without their headers.
    static func content(_ payload: [UInt8], _ kind: TrackKind) throws -> [[UInt8]] {
        if kind == .video {
            return try AnnexB.nalUnits(in: payload).filter { $0.type.isSlice }.map { Array(payload[$0.range]) }
        }
        var frames: [[UInt8]] = []
        var position = 0
        while position + 7 <= payload.count {
            let header = payload[position..<(position + 7)].map { Int($0) }
            let length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
            try #require(length >= 7 && position + length <= payload.count)
            frames.append(Array(payload[(position + 7)..<(position + length)]))
            position += length
        }
        return frames
    }
}
