import CodecSyntax
import Foundation
import MediaModel
import Testing

/// Nothing that bytes can do traps; what is cut short is refused.
@Suite struct HostileAVCTests {
    static let stream = Result {
        try X264Stream(parameters: "bframes=2:slices=2:weightp=2:nal-hrd=vbr:vbv-maxrate=300:vbv-bufsize=300")
    }

    private func fixtures() throws -> (X264Stream, AVCDecoderConfiguration, [UInt8]) {
        let stream = try Self.stream.get()
        return (stream, try stream.configuration, try AnnexB.lengthPrefixed(stream.bytes))
    }

    @Test func truncatedSequenceParameterSets() throws {
        let unit = try #require(fixtures().1.sequenceParameterSets.first)
        for length in 0..<unit.count {
            #expect(throws: CodecSyntaxError.self) { try SequenceParameterSet(nalUnit: Array(unit.prefix(length))) }
        }
    }

    @Test func truncatedPictureParameterSets() throws {
        let configuration = try fixtures().1
        let sequences = try configuration.sequenceParameterSets.map { try SequenceParameterSet(nalUnit: $0) }
        let unit = try #require(configuration.pictureParameterSets.first)
        for length in 0..<unit.count {
            #expect(throws: CodecSyntaxError.self) {
                try PictureParameterSet(nalUnit: Array(unit.prefix(length)), sequences: sequences)
            }
        }
        #expect(throws: CodecSyntaxError.self) { try PictureParameterSet(nalUnit: unit, sequences: []) }
    }

    @Test func truncatedDecoderConfigurations() throws {
        let record = try fixtures().1.encoded
        for length in 0..<record.count {
            // High profiles may end before the chroma format: old writers leave it out.
            if length == record.count - 4 { continue }
            #expect(throws: CodecSyntaxError.self) {
                try AVCDecoderConfiguration(parsing: Array(record.prefix(length)))
            }
        }
        #expect(throws: CodecSyntaxError.self) { try AVCDecoderConfiguration(parsing: record + [0]) }
    }

    @Test func truncatedSliceHeaders() throws {
        let (stream, configuration, _) = try fixtures()
        let parameters = try AVCParameterSets(configuration)
        for unit in stream.slices {
            let whole = try stream.bytes.withUnsafeBytes { try SliceHeader(unit, in: $0, parameters: parameters) }
            for length in 0..<whole.byteLength {
                let cut = NALUnit(offset: unit.offset, length: length, header: unit.header)
                #expect(throws: CodecSyntaxError.self) {
                    try stream.bytes.withUnsafeBytes { try SliceHeader(cut, in: $0, parameters: parameters) }
                }
            }
        }
    }

    @Test func truncatedSamples() throws {
        let (_, configuration, sample) = try fixtures()
        let mapper = try AVCSubsampleMapper(configuration: configuration)
        let ends = Set(try LengthPrefixedNALUnits.all(in: sample).map { $0.offset + $0.length } + [0])
        for length in 0..<min(sample.count, 6000) where !ends.contains(length) {
            #expect(throws: CodecSyntaxError.self) { try mapper.subsamples(of: Array(sample.prefix(length))) }
        }
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [0, 0, 0], [0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF, 6], [0x80, 0, 0, 0, 6, 1],
            [0, 0, 0, 1, 0x86],
        ] as [[UInt8]])
    func contradictoryLengths(sample: [UInt8]) {
        #expect(throws: CodecSyntaxError.self) { try LengthPrefixedNALUnits.all(in: sample) }
    }

    @Test(arguments: [[1], [0, 1], [0, 0, 2, 0, 0, 1], [0, 0, 1, 0x80]] as [[UInt8]])
    func badByteStreams(stream: [UInt8]) {
        #expect(throws: CodecSyntaxError.self) { try AnnexB.nalUnits(in: stream) }
    }

    @Test func byteStreamsWithPadding() throws {
        let stream: [UInt8] = [0, 0, 0, 0, 1, 9, 0xF0, 0, 0, 0, 0, 1, 0x65, 1, 2, 0, 0, 1, 6, 5, 0, 0, 0]
        let units = try AnnexB.nalUnits(in: stream)
        #expect(units.map { Array(stream[$0.range]) } == [[9, 0xF0], [0x65, 1, 2], [6, 5]])
        #expect(try AnnexB.lengthPrefixed(stream) == [0, 0, 0, 3, 0x65, 1, 2, 0, 0, 0, 2, 6, 5])
        #expect(try AnnexB.nalUnits(in: []).isEmpty)
        #expect(try AnnexB.nalUnits(in: [0, 0, 1]).isEmpty)
    }

    /// Every flip either parses or throws; a map that comes out still adds up.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func randomBitFlips(seed: UInt64) throws {
        let (_, configuration, sample) = try fixtures()
        let record = configuration.encoded
        let mapper = try AVCSubsampleMapper(configuration: configuration)
        var random = SplitMix(state: seed)
        for _ in 0..<600 {
            var damaged = record
            for _ in 0...random.below(3) { damaged[random.below(damaged.count)] ^= 1 << UInt8(random.below(8)) }
            if let parsed = try? AVCDecoderConfiguration(parsing: damaged) {
                if let other = try? AVCSubsampleMapper(configuration: parsed) {
                    check(try? other.subsamples(of: Array(sample.prefix(3000))), 3000)
                    check(try? other.subsamples(of: sample), sample.count)
                }
            }
            var bytes = Array(sample.prefix(4000))
            for _ in 0...random.below(6) { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
            check(try? mapper.subsamples(of: bytes), bytes.count)
        }
    }

    private func check(_ entries: [SubsampleEntry]?, _ size: Int) {
        guard let entries else { return }
        #expect(entries.reduce(0) { $0 + Int($1.clearBytes) + Int($1.protectedBytes) } == size)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
