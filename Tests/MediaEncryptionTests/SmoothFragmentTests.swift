import ISOBaseMedia
import MediaModel
import Testing

@testable import MediaEncryption

/// Fragments of Smooth Streaming: the samples of CMAF in other boxes and other times.
@Suite struct SmoothFragmentTests {
    private func boxes(_ bytes: [UInt8]) throws -> [(name: String, box: any Box)] {
        try BoxParser.parse(bytes).map { ($0.box.type.description, $0.box) }
    }

    @Test(arguments: [TrackKind.video, .audio], [nil, ProtectionScheme.cenc])
    func samplesAreThoseOfCMAF(kind: TrackKind, scheme: ProtectionScheme?) throws {
        let clip = try Clip.of(kind)
        let timing = SmoothTiming([try Clip.video.get().index])
        let parameters = try scheme.map { try Keys.parameters($0) }
        let key = try scheme.map { try Keys.key($0.keyType) }
        var time: Int64 = 0
        for number in 0..<clip.index.segmentCount {
            let plan = try FragmentPlan(
                clip.index, segment: number, protection: parameters, layout: .smooth(timing))
            let bytes = try Delivery.segment(plan, of: clip.media, key: key)
            let whole = try FragmentPlan(clip.index, segment: number, protection: parameters)
            let segment = try Delivery.segment(whole, of: clip.media, key: key)
            #expect(bytes.dropFirst(plan.headerSize) == segment.dropFirst(whole.headerSize))
            let found = try boxes(bytes)
            #expect(found.map(\.name) == ["moof", "mdat"])
            let traf = try #require(found[0].box.children.last)
            #expect(traf.children.map(\.type.description) == ["tfhd", "trun"] + (scheme == nil ? [] : ["uuid"]))
            let header = try #require(traf.first(TrackFragmentHeaderBox.self))
            #expect(!header.defaultBaseIsMoof && header.baseDataOffset == nil)
            let run = try #require(traf.first(TrackRunBox.self))
            #expect(run.dataOffset == Int32(plan.headerSize))
            #expect(run.samples.allSatisfy { $0.compositionOffset >= 0 })
            // Fragments follow each other without a gap, as the manifest has them.
            let entry = clip.index.segment(number)
            #expect(time == SmoothTime.units(Int64(entry.decodeTime), timescale: clip.index.description.timescale))
            let durations = run.samples.map { Int64($0.duration == 0 ? header.sampleDuration ?? 0 : $0.duration) }
            time += durations.reduce(0, +)
        }
    }

    /// PIFF 1.1, 5.3.2: what `senc` has, behind a user type.
    @Test func protectionIsPIFFs() throws {
        let clip = try Clip.video.get()
        let plan = try FragmentPlan(
            clip.index, segment: 0, protection: Keys.parameters(.cenc), layout: .smooth(.none))
        let bytes = plan.header() + [UInt8](repeating: 0, count: plan.mediaSize)
        let traf = try #require(try boxes(bytes)[0].box.children.last)
        let uuid = try #require(traf.children.last as? OpaqueBox)
        let userType: [UInt8] = [
            0xA2, 0x39, 0x4F, 0x52, 0x5A, 0x9B, 0x4F, 0x14, 0xA2, 0x44, 0x6C, 0x42, 0x7C, 0x64, 0x8D, 0xF4,
        ]
        #expect(Array(uuid.payload.prefix(16)) == userType)
        #expect(Array(uuid.payload[16..<24]) == [0, 0, 0, 2, 0, 0, 0, UInt8(clip.index.segment(0).sampleCount)])
        let senc = try FragmentPlan(clip.index, segment: 0, protection: Keys.parameters(.cenc)).header()
        let moof = try #require(
            try BoxParser.parse(senc + [UInt8](repeating: 0, count: plan.mediaSize)).first { $0.box.type == "moof" })
        let box = try #require(moof.box.descendant("traf", "senc"))
        #expect(box.serialized().dropFirst(8) == uuid.payload.dropFirst(16))
    }

    @Test func otherSchemesHaveNoForm() throws {
        let index = try Clip.audio.get().index
        #expect(throws: MediaEncryptionError.self) {
            try FragmentPlan(index, segment: 0, protection: Keys.parameters(.cbcs), layout: .smooth(.none))
        }
    }
}
