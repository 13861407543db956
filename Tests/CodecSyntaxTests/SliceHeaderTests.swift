import CodecSyntax
import Foundation
import MediaModel
import Testing

/// Slice headers of real streams end where ffmpeg's own parser says they end.
@Suite struct SliceHeaderTests {
    static let recipes: [String: String] = [
        "CABAC with B pyramid": "bframes=3:b-pyramid=normal:ref=4:keyint=12",
        "CAVLC": "cabac=0:bframes=0:keyint=10",
        "CAVLC with B": "cabac=0:bframes=2:weightb=1:keyint=16",
        "weighted prediction": "weightp=2:bframes=0:ref=5:keyint=30",
        "slices": "slices=4:bframes=2:keyint=8",
        "many slices": "slice-max-size=200:bframes=1",
        "MBAFF": "interlaced=1:bframes=2:keyint=12",
        "fake interlaced": "fake-interlaced=1:bframes=1",
        "no deblocking": "no-deblock=1:bframes=2",
        "open GOP": "open-gop=1:bframes=3:keyint=8",
        "one reference": "ref=1:bframes=0:scenecut=0",
        "intra only": "keyint=1",
        "HRD and AUD": "nal-hrd=vbr:vbv-maxrate=400:vbv-bufsize=400:aud=1:bframes=2",
        "constrained intra": "constrained-intra=1:bframes=1:direct=temporal",
        "scaling matrix": "cqm=jvt:8x8dct=1",
        "lossless": "qp=0:bframes=2",
        "low rate": "qp=50:bframes=3:weightp=2",
    ]

    @Test(arguments: recipes.keys.sorted())
    func endsWhereFFmpegSaysItEnds(recipe: String) throws {
        try compare(X264Stream(parameters: try #require(Self.recipes[recipe])))
    }

    @Test(arguments: ["baseline", "main", "high"])
    func profiles(profile: String) throws {
        try compare(X264Stream(parameters: "ref=3", options: ["-profile:v", profile]))
    }

    @Test(arguments: ["yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "gray"])
    func pixelFormats(pixels: String) throws {
        try compare(X264Stream(parameters: "bframes=2:weightp=2:ref=3", pixels: pixels))
    }

    private func compare(_ stream: X264Stream) throws {
        let parameters = try AVCParameterSets(stream.configuration)
        let ends = try stream.tracedHeaderEnds()
        #expect(ends.count == stream.slices.count && !ends.isEmpty)
        for (unit, end) in zip(stream.slices, ends) {
            let header = try stream.bytes.withUnsafeBytes { try SliceHeader(unit, in: $0, parameters: parameters) }
            #expect(header.bitLength == end)
            #expect(header.byteLength == stream.escapedLength(of: unit, bits: end))
        }
    }

    @Test(arguments: ["slices=3:bframes=2", "cabac=0:slice-max-size=150"])
    func subsamplesCoverTheSample(parameters: String) throws {
        let stream = try X264Stream(parameters: parameters)
        let mapper = try AVCSubsampleMapper(configuration: stream.configuration)
        let sample = try AnnexB.lengthPrefixed(stream.bytes)
        let entries = try mapper.subsamples(of: sample)
        #expect(entries.reduce(0) { $0 + Int($1.clearBytes) + Int($1.protectedBytes) } == sample.count)
        let parameterSets = try AVCParameterSets(stream.configuration)
        let slices = try LengthPrefixedNALUnits.all(in: sample).filter { $0.type.isSlice }
        #expect(entries.count == slices.count)
        var position = 0
        for (entry, unit) in zip(entries, slices) {
            let header = try sample.withUnsafeBytes { try SliceHeader(unit, in: $0, parameters: parameterSets) }
            #expect(position + Int(entry.clearBytes) == unit.offset + header.byteLength)
            position += Int(entry.clearBytes) + Int(entry.protectedBytes)
            #expect(position == unit.offset + unit.length)
        }
    }

    @Test func unitsThatAreNotSlicesStayClear() throws {
        let stream = try X264Stream(parameters: "keyint=1")
        let mapper = try AVCSubsampleMapper(configuration: stream.configuration)
        let slice = try #require(stream.slices.first)
        let prefixed = [0, 0, UInt8(slice.length >> 8), UInt8(slice.length & 0xFF)] + stream.bytes[slice.range]
        let sei: [UInt8] = [0, 0, 0, 4, 6, 1, 2, 3]
        let plain = try mapper.subsamples(of: prefixed)
        #expect(plain.count == 1)
        let around = try mapper.subsamples(of: sei + prefixed + sei)
        #expect(around.count == 2)
        #expect(around[0].clearBytes == plain[0].clearBytes + 8)
        #expect(around[0].protectedBytes == plain[0].protectedBytes)
        #expect(around[1] == SubsampleEntry(clearBytes: 8, protectedBytes: 0))
        #expect(try mapper.subsamples(of: sei) == [SubsampleEntry(clearBytes: 8, protectedBytes: 0)])
        #expect(try mapper.subsamples(of: []) == [])
    }

    /// What looks like clear data to a mapper that does not know it would leave a protected track readable.
    @Test(arguments: [2, 3, 4, 19, 20, 21] as [UInt8])
    func slicesOfOtherKindsAreRefused(type: UInt8) throws {
        let stream = try X264Stream(parameters: "keyint=1")
        let mapper = try AVCSubsampleMapper(configuration: stream.configuration)
        #expect(throws: CodecSyntaxError.self) { try mapper.subsamples(of: [0, 0, 0, 3, 0x60 | type, 1, 2]) }
    }

    @Test func parameterSetsInSamples() throws {
        let stream = try X264Stream(parameters: "keyint=1")
        let configuration = try stream.configuration
        let mapper = try AVCSubsampleMapper(configuration: configuration)
        var unit = try #require(configuration.pictureParameterSets.first)
        let same = [0, 0, 0, UInt8(unit.count)] + unit
        #expect(try mapper.subsamples(of: same).first?.protectedBytes == 0)
        unit[1] ^= 0x10
        #expect(throws: CodecSyntaxError.self) { try mapper.subsamples(of: [0, 0, 0, UInt8(unit.count)] + unit) }
    }
}
