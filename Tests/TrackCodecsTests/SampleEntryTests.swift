import Foundation
import ISOBaseMedia
import MediaModel
import Testing
import TrackCodecs

/// What the seam refuses, and what comes through it into init segments.
@Suite struct SampleEntryTests {
    @Test func otherCodecsAreRefused() {
        #expect(throws: TrackCodecError.self) {
            try TrackCodec("s263", fields: .video(width: 16, height: 16), children: [])
        }
        let layer3 = ElementaryStreamDescriptorBox(
            objectType: 0x6B, maximumBitrate: 0, averageBitrate: 0, decoderSpecific: [0])
        expectRefusal(.unsupported, AudioSampleEntry("mp4a", channelCount: 2, sampleRate: 44_100, children: [layer3]))
    }

    @Test func encryptedSourcesAreRefused() throws {
        expectRefusal(.encrypted, VisualSampleEntry("encv", width: 16, height: 16, children: []))
        var entry = try #require(try Entries.of("ed_hevc.mp4").first { $0.type == "hvc1" } as? VisualSampleEntry)
        entry.children.append(ContainerBox("sinf", []))
        expectRefusal(.encrypted, entry)
    }

    @Test(arguments: ["avc1", "hvc1", "av01", "vp09"] as [FourCC])
    func entriesWithoutConfigurationAreRefused(format: FourCC) {
        expectRefusal(.damaged, VisualSampleEntry(format, width: 16, height: 16, children: []))
        let type = DecoderConfigurationBox.type(in: format)
        expectRefusal(
            .damaged,
            VisualSampleEntry(format, width: 16, height: 16, children: [OpaqueBox(type, payload: [])]))
    }

    private func expectRefusal(_ code: TrackCodecError.Code, _ entry: any Box) {
        do {
            _ = try TrackCodec(entry)
            Issue.record("'\(entry.type)' was read")
        } catch {
            #expect((error as TrackCodecError).code == code, "\(error)")
        }
    }

    /// Colour, light levels, pixel shape, bit rate and what nobody here knows, clear and protected, in their order.
    @Test(arguments: [false, true])
    func initSegmentsKeepWhatTheEntryHeld(isProtected: Bool) throws {
        var entry = try #require(try Entries.of("ed_hevc.mp4").first { $0.type == "hvc1" } as? VisualSampleEntry)
        entry.children = entry.children.filter { $0.type == "hvcC" }
        let kept: [any Box] = [
            ColourInformationBox(.codePoints(primaries: 9, transfer: 16, matrix: 9, isFullRange: false)),
            PixelAspectRatioBox(horizontalSpacing: 4, verticalSpacing: 3),
            OpaqueBox("mdcv", payload: (0..<24).map { $0 }), OpaqueBox("clli", payload: [3, 232, 1, 144]),
            OpaqueBox("dvvC", payload: [1, 0, 0x10, 0x35, 0x10] + [UInt8](repeating: 0, count: 19)),
            OpaqueBox("btrt", payload: (0..<12).map { $0 }), OpaqueBox("what", payload: [1, 2, 3]),
        ]
        entry.children += kept
        let codec = try TrackCodec(entry)
        #expect(codec.picture?.colour?.range == .pq)
        #expect(codec.picture?.pixelShape == PixelShape(horizontal: 4, vertical: 3))
        let written = try self.entry(of: codec, isProtected: isProtected)
        #expect(written.type == (isProtected ? "encv" : "hvc1"))
        #expect(
            written.children.map(\.type)
                == ["hvcC"] + kept.map(\.type) + (isProtected ? ["sinf"] : []))
        for (box, original) in zip(written.children, entry.children) {
            #expect(box.serialized() == original.serialized())
        }
        if isProtected {
            let format = try #require(written.children.last?.children.first as? OriginalFormatBox)
            #expect(format.format == "hvc1")
        } else {
            let again = try TrackCodec(written)
            #expect(again.configuration == codec.configuration)
            #expect(again.picture == codec.picture)
        }
    }

    private func entry(of codec: TrackCodec, isProtected: Bool) throws -> any Box {
        let description = TrackDescription(
            name: "t", kind: codec.kind, codec: codec.configuration, timescale: 1000, averageBitrate: 1, peakBitrate: 1,
            video: codec.picture?.format(frameRateNumerator: 25, frameRateDenominator: 1), audio: codec.audio)
        let protection = TrackProtection(
            scheme: "cenc",
            sampleProtection: SampleProtection(
                keyID: UUIDBytes(high: 1, low: 2), pattern: .none, initializationVector: .perSample(size: 8)))
        let bytes = InitializationSegment(track: description, protection: isProtected ? protection : nil).serialized()
        let moov = try #require(try BoxParser.parse(bytes).last).box
        return try #require(moov.descendant("trak", "mdia", "minf", "stbl", "stsd")?.children.first)
    }

    /// What is refused for its size is refused here, and what is not fits an index.
    @Test(arguments: [(131_072, true), (131_073, false)])
    func largeEntriesAreBounded(size: Int, isRead: Bool) throws {
        let stream = ElementaryStreamDescriptorBox(
            maximumBitrate: 0, averageBitrate: 0, decoderSpecific: [0x11, 0x90])
        let box = OpaqueBox("what", payload: [UInt8](repeating: 255, count: size))
        let entry = AudioSampleEntry("mp4a", channelCount: 2, sampleRate: 48_000, children: [stream, box])
        guard isRead else { return expectRefusal(.damaged, entry) }
        let codec = try TrackCodec(entry)
        var builder = TrackIndexBuilder()
        builder.addSegment(
            decodeTime: 0,
            samples: [.init(offset: 0, size: 1, duration: 1, compositionOffset: 0, isSync: true, subsamples: [])])
        let description = TrackDescription(
            name: "t", kind: .audio, codec: codec.configuration, timescale: 1, averageBitrate: 1, peakBitrate: 1,
            audio: codec.audio)
        let index = try TrackIndex(validating: builder.encode(description: description, mediaSize: 1))
        #expect(index.description == description)
    }

    /// An index of before opens, and one of today without anything new has the bytes of before.
    @Test func descriptionsOfBeforeAreRead() throws {
        let text = """
            {"audio":{"channelCount":2,"sampleRate":48000},"averageBitrate":1,"codec":{"codecString":"mp4a.40.2",\
            "decoderSpecific":[17,144],"sampleEntry":1836069985},"kind":"audio","language":"und","name":"a",\
            "peakBitrate":2,"timescale":48000}
            """
        let description = try JSONDecoder().decode(TrackDescription.self, from: Data(text.utf8))
        #expect(description.codec.boxes.isEmpty)
        #expect(description.defect == nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(String(decoding: try encoder.encode(description), as: UTF8.self) == text)
    }
}
