import CodecSyntax
import Foundation
import MediaModel
import Testing
import TransportStream

@Suite struct TransportStreamTests {
    private static let video = Result {
        try SourceTrack(SourceTrack.film, kind: .video, segmentDuration: 0.7, cutsAnywhere: true)
    }
    private static let audio = Result { try SourceTrack(SourceTrack.film, kind: .audio) }

    private func source(_ kind: TrackKind) throws -> SourceTrack {
        try (kind == .video ? Self.video : Self.audio).get()
    }

    /// The plan's size is the writer's size, and the pieces that media arrives in do not show in the bytes.
    @Test(arguments: [TrackKind.video, .audio])
    func planIsExactForAnyPieces(kind: TrackKind) throws {
        let source = try source(kind)
        let track = try TransportStreamTrack(index: source.index)
        var random = SystemRandomNumberGenerator()
        for segment in 0..<source.index.segmentCount {
            let plan = try TransportStreamPlan(track: track, segment: segment)
            let whole = try source.transportStream(of: segment)
            #expect(whole.count == plan.byteCount)
            #expect(plan.mediaByteCount == source.payload(of: segment).count)
            guard segment < 3 else { continue }
            #expect(try source.transportStream(of: segment) { Int.random(in: 1...700, using: &random) } == whole)
        }
        #expect(try source.transportStream(of: 1) { 1 } == source.transportStream(of: 1))
    }

    @Test(arguments: [TrackKind.video, .audio])
    func streamIsContinuousOverSegments(kind: TrackKind) throws {
        let source = try source(kind)
        var inspector = StreamInspector()
        for segment in 0..<source.index.segmentCount { inspector.read(try source.transportStream(of: segment)) }
        #expect(inspector.faults == [])
        #expect(zip(inspector.clocks, inspector.clocks.dropFirst()).allSatisfy { $0 < $1 && $1 - $0 <= 9000 })
        let units = try #require(inspector.units[kind == .video ? 0x100 : 0x101])
        for (unit, clock) in zip(units, inspector.clocks) {
            let pes = try #require(inspector.pes(unit))
            #expect(clock <= pes.decode && pes.decode <= pes.presentation)
        }
    }

    @Test(arguments: [false, true])
    func timesAreTheIndexs(negativeOffsets: Bool) throws {
        let source = try SourceTrack(SourceTrack.film, kind: .video, negativeOffsets: negativeOffsets)
        var inspector = StreamInspector()
        for segment in 0..<source.index.segmentCount { inspector.read(try source.transportStream(of: segment)) }
        let units = try #require(inspector.units[0x100])
        #expect(units.count == source.index.sampleCount)
        let scale = Double(source.index.description.timescale)
        var decode = 0.0
        for (number, unit) in units.enumerated() {
            let sample = source.index.sample(number)
            let pes = try #require(inspector.pes(unit))
            let presentation = (decode + Double(sample.compositionOffset)) / scale * 90_000 + 900_000
            #expect(pes.presentation == UInt64(presentation.rounded(.down)))
            decode += Double(sample.duration)
        }
    }

    /// 26.5 hours into a presentation the 33 bits run over.
    @Test func timesWrap() throws {
        let scale = try UInt64(source(.video).index.description.timescale)
        let shift = ((1 << 33) / 90_000 - 13) * scale
        let source = try SourceTrack(SourceTrack.film, kind: .video, shift: shift)
        var inspector = StreamInspector()
        for segment in 0..<source.index.segmentCount { inspector.read(try source.transportStream(of: segment)) }
        #expect(inspector.faults == [])
        let units = try #require(inspector.units[0x100])
        let times = units.compactMap { inspector.pes($0)?.decode }
        #expect(times.contains { $0 > 0x1_F000_0000 } && times.contains { $0 < 0x1000_0000 })
        for (one, next) in zip(times, times.dropFirst()) { #expect((next &- one) & 0x1_FFFF_FFFF < 90_000) }
    }

    @Test func everySyncSampleBringsItsParameterSets() throws {
        let source = try source(.video)
        var inspector = StreamInspector()
        inspector.read(try source.transportStream(of: 0))
        for (number, unit) in try #require(inspector.units[0x100]).enumerated() {
            let pes = try #require(inspector.pes(unit))
            let types = try AnnexB.nalUnits(in: pes.payload).map(\.type)
            #expect(types.first == .accessUnitDelimiter)
            #expect(types.contains(.sequenceParameterSet) == source.index.sample(number).isSync)
            #expect(types.contains(.pictureParameterSet) == source.index.sample(number).isSync)
        }
    }

    @Test func noSuchSegment() throws {
        let source = try source(.audio)
        for segment in [-1, source.index.segmentCount, Int.max] {
            #expect(throws: TransportStreamError.self) {
                try TransportStreamPlan(index: source.index, segment: segment)
            }
        }
    }
}

/// Media that is not what the index says.
@Suite struct DamagedMediaTests {
    private static let source = Result { try SourceTrack(SourceTrack.film, kind: .video) }

    private func write(_ payload: [UInt8]) throws {
        var writer = TransportStreamWriter(try TransportStreamPlan(index: Self.source.get().index, segment: 0))
        var output = PacketBuffer()
        try writer.write(payload, into: &output)
        try writer.finish(into: &output)
    }

    @Test func lengthsThatContradictTheSample() throws {
        let payload = try Self.source.get().payload(of: 0)
        try write(payload)
        for prefix in [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0, 0, 0], [0, 0, 0, 1]] as [[UInt8]] {
            #expect(throws: TransportStreamError.self) { try write(prefix + payload.dropFirst(4)) }
        }
    }

    @Test func missingAndExcessBytes() throws {
        let payload = try Self.source.get().payload(of: 0)
        #expect(throws: TransportStreamError.self) { try write(payload.dropLast()) }
        #expect(throws: TransportStreamError.self) { try write(payload + [0]) }
        #expect(throws: TransportStreamError.self) { try write([]) }
    }

    @Test func randomBytesDoNotTrap() throws {
        let payload = try Self.source.get().payload(of: 0)
        for _ in 0..<50 {
            var damaged = payload
            for _ in 0..<20 { damaged[Int.random(in: damaged.indices)] = UInt8.random(in: 0...255) }
            _ = try? write(damaged)
            _ = try? write((0..<2000).map { _ in UInt8.random(in: 0...255) })
        }
    }

    @Test(arguments: [("avc1", [1]), ("mp4a", [0x11]), ("hvc1", [1]), ("mp4a", [0x11, 0x80, 4, 0xC4, 4, 0, 0x20, 0])])
    func configurationsWithoutAForm(entry: String, configuration: [UInt8]) throws {
        var description = try Self.source.get().index.description
        description.codec.decoderSpecific = configuration
        description.codec.sampleEntry = try #require(FourCC(entry))
        var builder = TrackIndexBuilder()
        builder.addSegment(
            decodeTime: 0,
            samples: [
                .init(offset: 0, size: 5, duration: 1, compositionOffset: 0, isSync: true, subsamples: [])
            ])
        let index = try TrackIndex(validating: builder.encode(description: description, mediaSize: 5))
        #expect(throws: TransportStreamError.self) { try TransportStreamTrack(index: index) }
    }
}
