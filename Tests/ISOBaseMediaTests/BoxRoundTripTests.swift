import ISOBaseMedia
import MediaModel
import Testing

/// Every box: what is written has the planned size, is read back as the same type, and is written again as the same
/// bytes.
@Suite struct BoxRoundTripTests {
    static let movieBoxes: [any Box] = [
        FileTypeBox.track, FileTypeBox.segment, OpaqueBox("free", payload: [1, 2, 3]), MediaDataBox(byteCount: 5),
        ContainerBox("moov", [MovieHeaderBox(timescale: 1000, nextTrackID: 2)]),
        MovieHeaderBox(timescale: 90_000, duration: 12, nextTrackID: 2),
        MovieHeaderBox(timescale: 90_000, duration: 1 << 40, nextTrackID: 2),
        TrackExtendsBox(trackID: 1, sampleDuration: 2, sampleSize: 3, sampleFlags: .dependent),
        TrackHeaderBox(trackID: 1, width: 1280 << 16, height: 720 << 16),
        TrackHeaderBox(trackID: 1, duration: 1 << 40, volume: 0x0100),
        MediaHeaderBox(timescale: 48_000, packedLanguage: 0x55C4),
        MediaHeaderBox(timescale: 48_000, duration: 1 << 40, packedLanguage: 0x55C4),
        HandlerBox(handler: "vide", name: "video"), VideoMediaHeaderBox(), SoundMediaHeaderBox(), DataReferenceBox(),
        DataEntryURLBox(), DataEntryURLBox(location: "https://example.com/a.mp4"), ExtendedLanguageBox(tag: "en-GB"),
    ]

    static let sampleBoxes: [any Box] = [
        SampleDescriptionBox([OpaqueBox("wvtt", payload: [])]),
        VisualSampleEntry("avc1", width: 16, height: 8, children: [AVCConfigurationBox(configuration: [1, 2])]),
        AudioSampleEntry("mp4a", channelCount: 6, sampleRate: 44_100, children: []),
        ElementaryStreamDescriptorBox(maximumBitrate: 2, averageBitrate: 1, decoderSpecific: [0x11, 0x90]),
        ElementaryStreamDescriptorBox(
            maximumBitrate: 2, averageBitrate: 1, decoderSpecific: [UInt8](repeating: 7, count: 20_000)),
        PixelAspectRatioBox(horizontalSpacing: 4, verticalSpacing: 3),
        ColourInformationBox(.codePoints(primaries: 1, transfer: 2, matrix: 3, isFullRange: true)),
        ColourInformationBox(.other("prof", [1, 2, 3])), TimeToSampleBox(), SampleToChunkBox(),
        SampleSizeBox(sizes: [3, 4]), ChunkOffsetBox(offsets: [48]),
    ]

    static let fragmentBoxes: [any Box] = [
        MovieFragmentHeaderBox(sequenceNumber: 9), TrackFragmentHeaderBox(trackID: 1),
        TrackFragmentHeaderBox(trackID: 1, sampleDuration: 2, sampleSize: 3, sampleFlags: .sync),
        TrackFragmentDecodeTimeBox(decodeTime: 1 << 40),
        TrackRunBox(dataOffset: nil, firstSampleFlags: nil, present: [], samples: []),
        SampleToGroupBox(grouping: "seig", runs: [.init(sampleCount: 3, descriptionIndex: 65_537)]),
        SampleToGroupBox(grouping: "seig", parameter: 4, runs: []),
        SampleGroupDescriptionBox(
            grouping: "seig", entries: [EncryptionGroupEntry(Samples.cbcs.sampleProtection).bytes]),
        SampleGroupDescriptionBox(grouping: "roll", entries: [[1], [2, 3]]),
        SampleGroupDescriptionBox(grouping: "roll", entries: []),
    ]

    static let protectionBoxes: [any Box] = [
        SampleAuxiliarySizesBox(sizes: [8, 8]), SampleAuxiliarySizesBox(sizes: [8, 14]),
        SampleAuxiliarySizesBox(sizes: [0, 0]), SampleAuxiliaryOffsetsBox(offsets: [100]),
        SampleAuxiliaryOffsetsBox(offsets: [1 << 40]), Samples.pictureEncryption,
        SampleEncryptionBox(samples: [.init(initializationVector: [1, 2, 3, 4, 5, 6, 7, 8], subsamples: [])]),
        OriginalFormatBox(format: "avc1"), SchemeTypeBox(scheme: "cenc"),
        SchemeTypeBox(scheme: "cenc", location: "https://example.com"),
        TrackEncryptionBox(Samples.cenc.sampleProtection), TrackEncryptionBox(Samples.cbcs.sampleProtection),
        TrackEncryptionBox(
            SampleProtection(
                isProtected: false, keyID: Samples.keyID, pattern: .none, initializationVector: .perSample(size: 0))),
        Samples.pssh, ProtectionSystemHeader(systemID: Samples.systemID, data: [1, 2, 3]),
    ]

    static let all = (movieBoxes + sampleBoxes + fragmentBoxes + protectionBoxes).map(BoxCase.init)

    @Test(arguments: all)
    func roundTrip(_ boxCase: BoxCase) throws {
        let box = boxCase.box
        let bytes = box.serialized()
        #expect(bytes.count == box.size)
        let parsed = try BoxParser.parse(bytes)
        #expect(parsed.count == 1)
        let read = try #require(parsed.first)
        #expect(read.offset == 0 && read.size == bytes.count && read.headerSize == 8)
        #expect(type(of: read.box) == type(of: box))
        #expect(read.box.dump() == box.dump())
        #expect(read.box.serialized() == bytes)
    }

    @Test(arguments: all)
    func everyPrefixIsRefused(_ boxCase: BoxCase) {
        let bytes = boxCase.box.serialized()
        for count in 1..<bytes.count {
            #expect(throws: BoxError.self) { try BoxParser.parse(Array(bytes.prefix(count))) }
        }
    }

    @Test func fragmentsAreReadBackAsWritten() throws {
        let fragment = try Samples.fragment(Samples.pictures, Samples.pictureEncryption)
        let bytes = fragment.header() + [UInt8](repeating: 1, count: fragment.mediaSize)
        #expect(bytes.count == fragment.size)
        let parsed = try BoxParser.parse(bytes)
        #expect(parsed.map(\.box.type) == ["moof", "mdat"])
        #expect(parsed.first?.box.serialized() == Array(bytes.prefix(fragment.headerSize - 8)))
        let run = try #require(parsed.first?.box.descendant("traf", "trun") as? TrackRunBox)
        #expect(run.samples.map(\.size) == [9000, 700, 30])
        #expect(run.samples.map(\.compositionOffset) == [512, 1024, -512])
        #expect(run.dataOffset == Int32(fragment.headerSize))
        #expect(run.firstSampleFlags == .sync)
    }

    @Test func auxiliaryOffsetPointsAtTheFirstEntry() throws {
        let fragment = try Samples.fragment(Samples.pictures, Samples.pictureEncryption)
        let bytes = fragment.header()
        let saio = try #require(fragment.moof.descendant("traf", "saio") as? SampleAuxiliaryOffsetsBox)
        let at = Int(try #require(saio.offsets.first))
        #expect(Array(bytes[at..<(at + 10)]) == [0, 0, 0, 7, 0, 0, 0, 0, 0, 1])
    }
}

/// A box as a test's argument.
struct BoxCase: CustomTestStringConvertible, Sendable {
    let box: any Box
    var testDescription: String { "\(box.type) of \(box.size) bytes" }
}
