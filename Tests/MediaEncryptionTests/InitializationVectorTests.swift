import ContentKeys
import Cryptography
import ISOBaseMedia
import MediaModel
import Testing

@testable import MediaEncryption

/// No counter block and no chain's start is used twice under a key.
@Suite struct InitializationVectorTests {
    @Test func noCounterBlockIsUsedTwice() throws {
        var used: Set<[UInt64]> = []
        var blocks = 0
        for (kind, number) in [(TrackKind.video, UInt32(1)), (.audio, 2), (.video, .max)] {
            let clip = try Clip.of(kind)
            for segment in 0..<clip.index.segmentCount {
                let plan = try FragmentPlan(
                    clip.index, segment: segment, protection: Keys.parameters(.cenc, number: number))
                for (sample, iv) in zip(plan.samples, try sampleIVs(plan)) {
                    let protected = sample.runs.reduce(0) { $0 + $1.protectedBytes }
                    for block in 0..<UInt64((protected + 15) / 16) {
                        used.insert([iv, block])
                        blocks += 1
                    }
                }
            }
        }
        #expect(blocks > 10_000)
        #expect(used.count == blocks)
    }

    /// As players see them: read from `senc`.
    private func sampleIVs(_ plan: FragmentPlan) throws -> [UInt64] {
        let bytes = plan.header() + [UInt8](repeating: 0, count: plan.mediaSize)
        let moof = try #require(try BoxParser.parse(bytes).first { $0.box.type == "moof" }).box
        let senc = try #require(moof.descendant("traf", "senc") as? SampleEncryptionBox)
        return senc.samples.map { $0.initializationVector.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    @Test func sampleNumbersCountOverTheWholeTrack() throws {
        let clip = try Clip.video.get()
        let last = clip.index.segmentCount - 1
        let plan = try FragmentPlan(clip.index, segment: last, protection: Keys.parameters(.cenc, number: 7))
        let first = UInt64(clip.index.segment(last).firstSample)
        #expect(try sampleIVs(plan).first == 7 << 32 | first)
    }

    @Test func chainsStartDifferently() throws {
        var starts: Set<[UInt8]> = []
        var count = 0
        for number in [0, 1, 2, 0xFFFF_FFFF] as [UInt32] {
            let parameters = try Keys.parameters(.cbcs, number: number)
            for kind in [TrackKind.video, .audio] {
                let protection = try parameters.trackProtection(of: kind, key: Keys.key(.commonCbcs))
                guard case .constant(let iv) = protection.sampleProtection.initializationVector else { continue }
                starts.insert(iv)
            }
            count += 1
            for segment in [0, 1, 255, 256, .max] as [UInt64] {
                starts.insert(try IVNumber(rawValue: number).segmentIV(segment, key: Keys.key(.envelope)))
                count += 1
            }
        }
        #expect(starts.count == count)
        #expect(starts.allSatisfy { $0.count == 16 })
    }

    /// Over numbers, forms, partners and segments, no whole segment starts as another one does, nor as a `cbcs` track.
    @Test func everySegmentOfEveryFormStartsDifferently() throws {
        let key = try Keys.key(.envelope)
        var random = SplitMix(seed: 20_261_121)
        var numbers: Set<UInt32> = [0, 1, 2, .max]
        while numbers.count < 12 { numbers.insert(UInt32(truncatingIfNeeded: random.next())) }
        var segments: Set<UInt64> = [0, 1, 255, 256, 0xFFFF_FFFF]
        while segments.count < 12 { segments.insert(random.next() & 0xFFFF_FFFF) }
        var starts: Set<[UInt8]> = []
        var count = 0
        for number in numbers.map(IVNumber.init) {
            let forms: [IVNumber.SegmentForm] =
                [.transportStream, .fragment] + numbers.map { .muxed(sound: IVNumber(rawValue: $0)) }
            for form in forms {
                for segment in segments {
                    starts.insert(try number.segmentIV(segment, of: form, key: key))
                    count += 1
                }
            }
            starts.insert(
                try key.use(as: .envelope) { bytes throws(CryptographyError) in
                    try number.chainIV(.constantIV, key: bytes)
                })
            count += 1
        }
        #expect(starts.count == count)
        #expect(throws: MediaEncryptionError.self) {
            try IVNumber(rawValue: 1).segmentIV(1 << 32, of: .muxed(sound: IVNumber(rawValue: 2)), key: key)
        }
    }

    /// Assets, versions, tracks and crypto periods as a catalog gives them numbers: counters that only grow, one for each key.
    /// Whatever of a track is encrypted, in whichever form and behind whichever lead, and whichever range of it is asked for:
    /// under one key no counter block comes from two samples, and no two chains start alike.
    @Test(arguments: 0..<8)
    func nothingStartsTwiceUnderAKey(round: UInt64) throws {
        var random = SplitMix(seed: 20_261_121 + round)
        let clips = [try Clip.video.get(), try Clip.audio.get()]
        let keyCount = 1 + Int(random.next() % 3)
        var next = [UInt32](repeating: UInt32(truncatingIfNeeded: random.next() % 1000), count: keyCount)
        /// Of each key: what a block was made of, by the block.
        var blocks = [[UInt64: [Int]]](repeating: [:], count: keyCount)
        var chains = [[[UInt8]: [Int]]](repeating: [:], count: keyCount)
        for track in 0..<12 {
            let clip = clips[track % 2]
            // Another key in every period, and a number of its own under each.
            let length = 1 + Int(random.next() % 4)
            let lead = Int(random.next() % 3)
            let keys = (0..<4).map { _ in Int(random.next() % UInt64(keyCount)) }
            var numbers: [Int: UInt32] = [:]
            for key in Set(keys) {
                numbers[key] = next[key]
                next[key] += 1
            }
            for segment in lead..<clip.index.segmentCount {
                let key = keys[segment / length % keys.count]
                let number = try #require(numbers[key])
                let plan = try FragmentPlan(
                    clip.index, segment: segment, protection: Keys.parameters(.cenc, number: number))
                for sample in plan.samples where sample.runs.contains(where: { $0.protectedBytes > 0 }) {
                    let block = IVNumber(rawValue: number).sampleIV(sample.number)
                    let source = [track, Int(sample.number)]
                    #expect(blocks[key].updateValue(source, forKey: block) ?? source == source)
                }
                for form in [IVNumber.SegmentForm.transportStream, .fragment] {
                    let start = try IVNumber(rawValue: number).segmentIV(
                        UInt64(segment), of: form, key: Keys.key(.envelope))
                    let source = [track, segment, form == .fragment ? 1 : 0]
                    #expect(chains[key].updateValue(source, forKey: start) == nil)
                }
            }
            for (key, number) in numbers {
                let own = IVNumber(rawValue: number)
                let stream = try own.sampleStreamIV(key: Keys.key(.commonCbcs))
                let samples = try Keys.parameters(.cbcs, number: number).sampleProtection(
                    of: .video, key: Keys.key(.commonCbcs))
                guard case .constant(let constant) = samples.initializationVector else { continue }
                #expect(chains[key].updateValue([track, -1], forKey: stream) == nil)
                #expect(chains[key].updateValue([track, -2], forKey: constant) == nil)
            }
        }
    }

    /// Clear segments of a protected track have no IV, and a key of another period says its own.
    @Test func leadsAndPeriodsAreSaidInTheFragment() throws {
        let clip = try Clip.video.get()
        let clear = try FragmentPlan(clip.index, segment: 0, protection: nil, entry: .clear)
        #expect(throws: MediaEncryptionError.self) { try clear.encryptor(key: Keys.key(.common)) }
        for scheme in ProtectionScheme.allCases {
            let parameters = try Keys.parameters(scheme, number: 7)
            let group = try parameters.sampleProtection(of: .video, key: Keys.key(scheme.keyType))
            let plan = try FragmentPlan(clip.index, segment: 1, protection: parameters, group: group)
            let sized = try FragmentPlan(
                clip.index, segment: 1, protection: parameters,
                group: parameters.sampleProtectionWithoutIV(of: .video))
            #expect(plan.size == sized.size)
            let bytes = plan.header() + [UInt8](repeating: 0, count: plan.mediaSize)
            var options = BoxReadingOptions()
            options.perSampleIVSize = scheme == .cenc ? 8 : 0
            let moof = try #require(
                try BoxParser.parse(bytes, options: options).first { $0.box.type == "moof" }
            ).box
            let box = try #require(moof.descendant("traf", "sgpd") as? SampleGroupDescriptionBox)
            #expect(try box.entries.map(EncryptionGroupEntry.init(reading:)).map(\.protection) == [group])
            let runs = try #require(moof.descendant("traf", "sbgp") as? SampleToGroupBox).runs
            #expect(runs == [.init(sampleCount: UInt32(plan.samples.count), descriptionIndex: 0x1_0001)])
            #expect(throws: MediaEncryptionError.self) {
                try FragmentPlan(clip.index, segment: 1, protection: parameters, entry: .clear)
            }
        }
        #expect(throws: MediaEncryptionError.self) {
            let group = try Keys.parameters(.cenc).sampleProtection(of: .video, key: Keys.key(.common))
            _ = try FragmentPlan(clip.index, segment: 1, protection: nil, group: group)
        }
    }

    /// The block that is encrypted is fixed for ever: other nodes and later versions must give the same bytes. The
    /// answer is that of `openssl enc -aes-128-ecb -nopad` for the block 01020304 02000000 00000000 00000005.
    @Test func segmentIVIsWhatItWas() throws {
        let key = try Keys.key(.envelope, [UInt8](repeating: 0, count: 16))
        let iv = try IVNumber(rawValue: 0x0102_0304).segmentIV(5, key: key)
        let text = iv.map { String(256 + Int($0), radix: 16).dropFirst() }.joined()
        #expect(text == "5e2042424762293c9805406c04ea790a")
    }

    @Test(arguments: ContentKeyType.allCases)
    func keysOfOtherKindsAreRefused(type: ContentKeyType) throws {
        let key = ContentKey.random(type)
        for scheme in ProtectionScheme.allCases where scheme.keyType != type {
            let refusal = MediaEncryptionError.wrongKeyType(expected: scheme.keyType, actual: type)
            let parameters = try Keys.parameters(scheme)
            let plan = try FragmentPlan(Clip.audio.get().index, segment: 0, protection: parameters)
            #expect(throws: refusal) { try parameters.trackProtection(of: .video, key: key) }
            #expect(throws: refusal) { try plan.encryptor(key: key) }
        }
        if type != .envelope {
            let refusal = MediaEncryptionError.wrongKeyType(expected: .envelope, actual: type)
            #expect(throws: refusal) { try IVNumber(rawValue: 1).segmentIV(0, key: key) }
            #expect(throws: refusal) { try EnvelopeEncryptor(number: IVNumber(rawValue: 1), segment: 0, key: key) }
        }
    }

    @Test func schemesTakeDifferentKeys() {
        #expect(Set(ProtectionScheme.allCases.map(\.keyType)).count == ProtectionScheme.allCases.count)
        #expect(!ProtectionScheme.allCases.map(\.keyType).contains(.envelope))
    }
}

/// Numbers that are the same on every run (SplitMix64).
private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
