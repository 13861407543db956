import ISOBaseMedia
import MediaModel
import Testing

/// Bytes that lie: each is refused with its own reason, and none traps or takes memory out of proportion.
@Suite struct HostileBoxTests {
    private func reason(_ bytes: [UInt8], _ options: BoxReadingOptions = BoxReadingOptions()) -> BoxError.Reason? {
        do throws(BoxError) {
            _ = try BoxParser.parse(bytes, options: options)
            return nil
        } catch {
            return error.reason
        }
    }

    private func box(_ type: FourCC, _ payload: [UInt8]) -> [UInt8] {
        OpaqueBox(type, payload: payload).serialized()
    }

    @Test func sizesThatLie() {
        #expect(reason([0, 0, 0, 7, 0x66, 0x72, 0x65, 0x65]) == .sizeTooSmall)
        #expect(reason([0, 0, 0, 9, 0x66, 0x72, 0x65, 0x65]) == .truncated)
        let large: [UInt8] = [0, 0, 0, 1, 0x66, 0x72, 0x65, 0x65]
        #expect(reason(large + [0, 0, 0, 0, 0, 0, 0, 15]) == .sizeTooSmall)
        #expect(reason(large + [UInt8](repeating: 0xFF, count: 8)) == .truncated)
        #expect(reason(large + [0x7F] + [UInt8](repeating: 0xFF, count: 7)) == .truncated)
    }

    @Test func longSizesAndSizesToTheEndAreRead() throws {
        let large: [UInt8] = [0, 0, 0, 1, 0x6D, 0x64, 0x61, 0x74, 0, 0, 0, 0, 0, 0, 0, 18, 1, 2]
        let toTheEnd: [UInt8] = [0, 0, 0, 0, 0x6D, 0x64, 0x61, 0x74, 1, 2, 3]
        let parsed = try BoxParser.parse(large + toTheEnd)
        #expect(parsed.map(\.headerSize) == [16, 8])
        #expect(parsed.map(\.size) == [18, 11])
        #expect(parsed.compactMap { ($0.box as? MediaDataBox)?.byteCount } == [2, 3])
    }

    @Test func childrenDoNotLeaveTheirParent() {
        #expect(reason(box("moov", [0, 0, 0, 100, 0x66, 0x72, 0x65, 0x65])) == .truncated)
        #expect(reason(box("moov", [1, 2, 3])) == .truncated)
    }

    @Test func depthAndNumberAreBounded() {
        var nested: [UInt8] = []
        for _ in 0..<17 { nested = box("moov", nested) }
        #expect(reason(nested) == .tooDeep)
        let many = [[UInt8]](repeating: box("free", []), count: 65_537).flatMap { $0 }
        #expect(reason(many) == .tooMany("boxes"))
    }

    @Test func entriesWithoutBytesAreBounded() {
        let everything: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
        #expect(reason(box("trun", [1, 0, 0, 0] + everything)) == .tooMany("samples"))
        var options = BoxReadingOptions()
        options.perSampleIVSize = 0
        #expect(reason(box("senc", [0, 0, 0, 0] + everything), options) == .tooMany("samples"))
        #expect(reason(box("senc", [0, 0, 0, 2] + everything), options) == .truncated)
        #expect(reason(box("stts", [0, 0, 0, 0] + everything)) == .truncated)
        #expect(reason(box("saiz", [0, 0, 0, 0, 0] + everything)) == .truncated)
        #expect(reason(box("stsz", [0, 0, 0, 0, 0, 0, 0, 5] + everything)) == nil)
    }

    @Test func strictness() {
        #expect(reason(box("mfhd", [0, 0, 0, 0, 0, 0, 0, 1, 9])) == .trailingBytes(1))
        #expect(reason(box("mfhd", [3, 0, 0, 0, 0, 0, 0, 1])) == .unknownVersion(3))
        let tenc: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 5] + [UInt8](repeating: 1, count: 16)
        #expect(reason(box("tenc", tenc)) == .invalid("IVs of 5 bytes"))
        let constant: [UInt8] = [1, 0, 0, 0, 0, 0x19, 1, 0] + [UInt8](repeating: 1, count: 16) + [3, 1, 2, 3]
        #expect(reason(box("tenc", constant)) == .invalid("a constant IV of 3 bytes"))
        let unsigned: [UInt8] = [0, 0, 8, 0, 0, 0, 0, 1, 0x80, 0, 0, 0]
        #expect(reason(box("trun", unsigned)) == .invalid("a composition offset of 2^31 or more"))
    }

    @Test func errorsSayWhere() throws {
        let bytes = box("moov", box("mvex", box("trex", [0])))
        let error = try #require(throws: BoxError.self) { try BoxParser.parse(bytes) }
        #expect(error.description == "moov/mvex/trex: it ends too early (at byte 25)")
    }

    @Test func unwritableFragmentsAreRefused() {
        let sample = FragmentSample(size: 1 << 31, duration: 1, isSync: true)
        #expect(throws: BoxError(.invalid("a fragment without samples"))) { try Samples.fragment([]) }
        #expect(throws: BoxError(.tooMany("bytes of media"))) { try Samples.fragment([sample, sample]) }
        let map = [SampleEncryptionBox.Subsample](repeating: .init(clearBytes: 1, protectedBytes: 16), count: 41)
        let entry = SampleEncryptionBox.Sample(initializationVector: [], subsamples: Array(map.prefix(42)))
        let fits = SampleEncryptionBox(samples: [entry])
        #expect(throws: Never.self) { try Samples.fragment([Samples.frames[0]], fits) }
        let tooMany = SampleEncryptionBox(
            samples: [.init(initializationVector: [UInt8](repeating: 0, count: 8), subsamples: map)])
        #expect(throws: BoxError(.tooMany("subsamples of one sample"))) {
            try Samples.fragment([Samples.frames[0]], tooMany)
        }
        #expect(throws: BoxError.self) { try Samples.fragment(Samples.pictures, fits) }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func damagedFilesNeverTrap(seed: UInt64) throws {
        let whole = try Array(Samples.file().prefix(1600))
        var random = Sequence64(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0...(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            var options = BoxReadingOptions()
            options.perSampleIVSize = [0, 8, 16][Int(random.next() % 3)]
            guard let boxes = try? BoxParser.parse(bytes, options: options) else { continue }
            for located in boxes { #expect(!located.box.dump().isEmpty && located.box.size > 0) }
        }
    }
}

/// A small generator (xorshift), so that a failure comes back with its seed.
struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
