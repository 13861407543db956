import ContentKeys
import Foundation
import ISOBaseMedia
import MediaModel
import ProtectionSystems
import Testing

@testable import MediaEncryption

/// Plans: exact sizes before any byte, the same bytes however they are cut, and refusals.
@Suite struct FragmentPlanTests {
    @Test(arguments: ProtectionScheme.allCases, [TrackKind.video, .audio])
    func piecesDoNotChangeTheBytes(scheme: ProtectionScheme, kind: TrackKind) throws {
        let clip = try Clip.of(kind)
        let parameters = try Keys.parameters(scheme)
        let key = try Keys.key(scheme.keyType)
        let whole = try Delivery.track(clip, parameters, key: key) { .max >> 1 }
        var random = SystemRandomNumberGenerator()
        for limit in [1, 40, 3000, 70_000] {
            let cut = try Delivery.track(clip, parameters, key: key) { Int.random(in: 1...limit, using: &random) }
            #expect(cut == whole, "pieces of up to \(limit) bytes")
        }
    }

    @Test(arguments: ProtectionScheme.allCases, [TrackKind.video, .audio])
    func whatIsProtectedChangesAndWhatIsClearDoesNot(scheme: ProtectionScheme, kind: TrackKind) throws {
        let clip = try Clip.of(kind)
        let plan = try FragmentPlan(clip.index, segment: 0, protection: Keys.parameters(scheme))
        let clear = try Delivery.segment(plan, of: clip.media, key: nil).dropFirst(plan.headerSize)
        let protected = try Delivery.segment(plan, of: clip.media, key: Keys.key(scheme.keyType))
            .dropFirst(plan.headerSize)
        var at = clear.startIndex
        for run in plan.samples.flatMap(\.runs) {
            let middle = at + run.clearBytes
            let end = middle + run.protectedBytes
            #expect(clear[at..<middle] == protected[at..<middle])
            if run.protectedBytes >= 16 { #expect(clear[middle..<(middle + 16)] != protected[middle..<(middle + 16)]) }
            at = end
        }
        #expect(at == clear.endIndex)
    }

    @Test func differentKeysNumbersAndSchemesGiveDifferentBytes() throws {
        let clip = try Clip.audio.get()
        func bytes(_ scheme: ProtectionScheme, _ number: UInt32, _ key: [UInt8]) throws -> [UInt8] {
            let plan = try FragmentPlan(clip.index, segment: 0, protection: Keys.parameters(scheme, number: number))
            let segment = try Delivery.segment(plan, of: clip.media, key: Keys.key(scheme.keyType, key))
            return Array(segment.dropFirst(plan.headerSize))
        }
        let other = [UInt8](repeating: 1, count: 16)
        var seen: Set<[UInt8]> = []
        for scheme in ProtectionScheme.allCases {
            seen.formUnion(
                [try bytes(scheme, 1, Keys.bytes), try bytes(scheme, 2, Keys.bytes), try bytes(scheme, 1, other)])
        }
        #expect(seen.count == 6)
    }

    @Test func mediaRangesAreJoinedAndCut() throws {
        let index = try Tracks.index(
            .audio, sizes: [10, 20, 30], offsets: [0, 10, 100], subsamples: [[], [], []], mediaSize: 130)
        let plan = try FragmentPlan(index, segment: 0, protection: nil)
        #expect(plan.mediaRanges == [0..<30, 100..<130])
        #expect(plan.mediaRanges(of: 0..<60) == plan.mediaRanges)
        #expect(plan.mediaRanges(of: 25..<35) == [25..<30, 100..<105])
        #expect(plan.mediaRanges(of: 30..<31) == [100..<101])
        #expect(plan.mediaRanges(of: 50..<1000) == [120..<130])
        #expect(plan.mediaRanges(of: 60..<70).isEmpty && plan.mediaRanges(of: 5..<5).isEmpty)
        for from in 0..<60 {
            let count = plan.mediaRanges(of: from..<60).reduce(0) { $0 + $1.count }
            #expect(count == 60 - from)
        }
    }

    @Test func aByteTooManyIsRefused() throws {
        let clip = try Clip.audio.get()
        let plan = try FragmentPlan(clip.index, segment: 0, protection: Keys.parameters(.cenc))
        let encryptor = try plan.encryptor(key: Keys.key(.common))
        var bytes = [UInt8](repeating: 0, count: plan.mediaSize + 1)
        #expect(throws: MediaEncryptionError.tooManyBytes) {
            try bytes.withUnsafeMutableBytes { try encryptor.encrypt($0) }
        }
    }

    @Test func whatCannotBeProtectedIsRefused() throws {
        let parameters = try Keys.parameters(.cenc)
        let noMap = try Tracks.index(.video, sizes: [100], offsets: [0], subsamples: [[]], mediaSize: 100)
        #expect(throws: MediaEncryptionError.noSubsamples(sample: 0)) {
            try FragmentPlan(noMap, segment: 0, protection: parameters)
        }
        #expect(throws: MediaEncryptionError.noSegment(1)) { try FragmentPlan(noMap, segment: 1, protection: nil) }
        #expect(throws: MediaEncryptionError.noSegment(-1)) { try FragmentPlan(noMap, segment: -1, protection: nil) }
        let slices = [SubsampleEntry](repeating: SubsampleEntry(clearBytes: 4, protectedBytes: 16), count: 41)
        let tooMany = try Tracks.index(.video, sizes: [820], offsets: [0], subsamples: [slices], mediaSize: 820)
        #expect(throws: MediaEncryptionError.boxes(BoxError(.tooMany("subsamples of one sample")))) {
            try FragmentPlan(tooMany, segment: 0, protection: parameters)
        }
        let clear = try FragmentPlan(noMap, segment: 0, protection: nil)
        #expect(throws: MediaEncryptionError.notProtected) { try clear.encryptor(key: Keys.key(.common)) }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000])
    func envelopesDoNotDependOnPieces(size: Int) throws {
        let key = try Keys.key(.envelope)
        let clear = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let whole = try Envelopes.seal(clear, number: 1, segment: 2, key: key) { 1 << 20 }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let cut = try Envelopes.seal(clear, number: 1, segment: 2, key: key) {
                Int.random(in: 1...50, using: &random)
            }
            #expect(cut == whole)
        }
        #expect(EnvelopePlan(clearSize: -1) == nil && EnvelopePlan(clearSize: .max) == nil)
    }

    @Test func commonSystemListsTheKeys() throws {
        let keyID = try #require(KeyID("00112233-4455-6677-8899-aabbccddeeff"))
        let bytes = try #require(ProtectionSystemHeader(.common(keyIDs: [keyID]))).serialized()
        #expect(bytes.count == 52)
        #expect(Array(bytes[8..<32]) == [1, 0, 0, 0] + ProtectionSystemID.common.bytes + [0, 0, 0, 1])
        #expect(Array(bytes[32...]) == keyID.bytes + [0, 0, 0, 0])
    }
}

/// Indexes with odd content.
enum Tracks {
    static func index(
        _ kind: TrackKind, sizes: [UInt32], offsets: [UInt64], subsamples: [[SubsampleEntry]], mediaSize: UInt64
    ) throws -> TrackIndex {
        var builder = TrackIndexBuilder()
        builder.addSegment(
            decodeTime: 0,
            samples: sizes.indices.map {
                .init(
                    offset: offsets[$0], size: sizes[$0], duration: 1, compositionOffset: 0, isSync: true,
                    subsamples: subsamples[$0])
            })
        return try TrackIndex(
            validating: builder.encode(description: Clip.of(kind).index.description, mediaSize: mediaSize))
    }
}
