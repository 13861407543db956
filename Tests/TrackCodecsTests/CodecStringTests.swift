import Foundation
import ISOBaseMedia
import MediaModel
import Testing
import TrackCodecs

/// Sample entries of which others have said what they are.
@Suite struct CodecStringTests {
    /// The clips of Tests/Media.
    @Test(arguments: [
        ("ed_hevc.mp4", "hvc1"), ("exo_av1.mp4", "av01"), ("bigbuckbunny_720p.mp4", "avc1"),
    ])
    func clipsAreRead(file: String, entry: FourCC) throws {
        let codec = try #require(try Entries.of(file).first { $0.type == entry }.map { try TrackCodec($0) })
        #expect(codec.kind == .video)
        #expect(codec.configuration.codecString.hasPrefix("\(entry)."))
        #expect(codec.configuration.sampleEntry == entry)
        #expect((codec.picture?.width ?? 0) > 100)
    }

    /// AudioSpecificConfig: LC; SBR and PS in front of the core's object type, and behind it for old decoders.
    @Test(
        arguments: [
            ([0x11, 0x90], "mp4a.40.2", 48_000, 2), ([0x11, 0xB0], "mp4a.40.2", 48_000, 6),
            ([0x11, 0xB8], "mp4a.40.2", 48_000, 8), ([0x2B, 0x11, 0x88, 0x00], "mp4a.40.5", 48_000, 2),
            ([0x13, 0x10, 0x56, 0xE5, 0x98], "mp4a.40.5", 48_000, 2),
            ([0xEB, 0x09, 0x88, 0x00], "mp4a.40.29", 48_000, 2),
            ([0x13, 0x08, 0x56, 0xE5, 0x9D, 0x48, 0x80], "mp4a.40.29", 48_000, 2),
            ([0x13, 0x10, 0x56], "mp4a.40.2", 24_000, 2),
        ] as [([UInt8], String, Int, Int)])
    func formsOfAACAreTold(config: [UInt8], codecString: String, sampleRate: Int, channelCount: Int) throws {
        let stream = ElementaryStreamDescriptorBox(maximumBitrate: 0, averageBitrate: 0, decoderSpecific: config)
        let codec = try TrackCodec(
            AudioSampleEntry("mp4a", channelCount: 2, sampleRate: 24_000, children: [stream]))
        #expect(codec.configuration.codecString == codecString)
        #expect(codec.audio?.sampleRate == sampleRate)
        #expect(codec.audio?.channelCount == channelCount)
        #expect(codec.configuration.decoderSpecific == config)
    }

    /// Implicit signalling: the configuration is one of plain LC at 24 kHz, the entry says 48 kHz.
    @Test func implicitHighEfficiencyIsTold() throws {
        let stream = ElementaryStreamDescriptorBox(
            maximumBitrate: 0, averageBitrate: 0, decoderSpecific: [0x13, 0x10])
        let codec = try TrackCodec(
            AudioSampleEntry("mp4a", channelCount: 2, sampleRate: 48_000, children: [stream]))
        #expect(codec.configuration.codecString == "mp4a.40.5")
        #expect(codec.audio?.sampleRate == 48_000)
    }

    @Test(
        arguments: [
            ("ac-3", "dac3", [0x10, 0x3D, 0xE0], "ac-3", 6, 6, 0xF801, nil),
            ("ac-3", "dac3", [0x10, 0x11, 0x40], "ac-3", 2, 2, 0xA000, nil),
            ("ec-3", "dec3", [0x18, 0x00, 0x20, 0x0F, 0x00, 0x01, 0x10], "ec-3", 6, 6, 0xF801, 16),
            ("ec-3", "dec3", [0x06, 0x00, 0x20, 0x0F, 0x00], "ec-3", 6, 6, 0xF801, nil),
            // One dependent substream with Lrs/Rrs: 7.1.
            ("ec-3", "dec3", [0x0C, 0x00, 0x20, 0x0F, 0x02, 0x02], "ec-3", 8, 12, 0xFA01, nil),
        ] as [(FourCC, FourCC, [UInt8], String, Int, Int?, UInt16, Int?)])
    func dolbyAudioIsTold(
        entry: FourCC, box: FourCC, record: [UInt8], codecString: String, channelCount: Int, layout: Int?,
        field: UInt16, objects: Int?
    ) throws {
        let codec = try TrackCodec(
            AudioSampleEntry(
                entry, channelCount: 2, sampleRate: 48_000, children: [OpaqueBox(box, payload: record)]))
        #expect(codec.configuration.codecString == codecString)
        #expect(
            codec.audio
                == AudioFormat(
                    sampleRate: 48_000, channelCount: channelCount, channelConfiguration: layout, dolbyChannels: field,
                    objectComplexity: objects))
    }

    @Test func dolbyVisionIsKeptAndSaid() throws {
        let entry = try #require(try Entries.of("ed_hevc.mp4").first { $0.type == "hvc1" } as? VisualSampleEntry)
        // Profile 8, level 6, over HDR10.
        let record: [UInt8] = [1, 0, 0x10, 0x35, 0x10] + [UInt8](repeating: 0, count: 19)
        var crossCompatible = entry
        crossCompatible.children.append(OpaqueBox("dvvC", payload: record))
        let codec = try TrackCodec(crossCompatible)
        #expect(codec.configuration.supplemental == SupplementalCodec(codecString: "dvh1.08.06", brand: "db1p"))
        #expect(codec.configuration.boxes.last == SampleEntryBox(type: "dvvC", payload: record))

        var alone = entry
        alone.type = "dvh1"
        // Profile 5, level 6, no other use.
        alone.children.append(
            OpaqueBox("dvcC", payload: [1, 0, 0x0A, 0x35, 0x00] + [UInt8](repeating: 0, count: 19)))
        let profile5 = try TrackCodec(alone)
        #expect(profile5.configuration.codecString == "dvh1.05.06")
        #expect(profile5.configuration.supplemental == nil)
        // The clip's colours are BT.709's or unspecified: profile 5 is PQ where nothing is said.
        var unsaid = alone
        unsaid.children.removeAll { $0.type == "colr" }
        unsaid.children.append(
            ColourInformationBox(.codePoints(primaries: 2, transfer: 2, matrix: 2, isFullRange: false)))
        #expect(try TrackCodec(unsaid).picture?.colour?.range == .pq)

        var layered = entry
        // el_present_flag 1.
        layered.children.append(OpaqueBox("dvcC", payload: [1, 0, 0x0E, 0x37, 0x60]))
        #expect(throws: TrackCodecError.self) { try TrackCodec(layered) }
    }

    @Test func vp9SaysWhatIsNotTheDefault() throws {
        func text(_ tail: [UInt8]) throws -> String {
            try TrackCodec(
                VisualSampleEntry(
                    "vp09", width: 64, height: 64,
                    children: [OpaqueBox("vpcC", payload: [1, 0, 0, 0] + tail + [0, 0])])
            ).configuration.codecString
        }
        #expect(try text([0, 41, 0x82, 1, 1, 1]) == "vp09.00.41.08")
        #expect(try text([2, 10, 0xA3, 9, 16, 9]) == "vp09.02.10.10.01.09.16.09.01")
    }
}

/// The sample entries of the files in Tests/Media.
enum Entries {
    static func of(_ name: String) throws -> [any Box] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Media/\(name)")
        let boxes = try BoxParser.parse([UInt8](Data(contentsOf: file)))
        let moov = try #require(boxes.first { $0.box.type == "moov" }).box
        return moov.children.filter { $0.type == "trak" }
            .compactMap { $0.descendant("mdia", "minf", "stbl", "stsd")?.children.first }
    }
}
