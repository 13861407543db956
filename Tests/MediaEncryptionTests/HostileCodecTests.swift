import CodecSyntax
import Foundation
import ISOBaseMedia
import MediaModel
import TestSupport
import Testing
import TrackCodecs

@testable import MediaEncryption

/// Damaged configurations and samples: read or refused, never a trap, a loop without end or memory without bound.
@Suite(.enabled(if: Tool.ffmpeg.isPresent, "ffmpeg is missing"))
struct HostileCodecTests {
    private static let mutations = Extent.isWhole ? 5000 : 300

    @Test(arguments: CodecClip.allCases)
    func damagedConfigurationsAreReadOrRefused(codec: CodecClip) throws {
        let description = try codec.clip().index.description
        let entry = try sampleEntry(description)
        var random = Generator(state: 0x5EED ^ UInt64(description.codec.decoderSpecific.count))
        var refused = 0
        for _ in 0..<Self.mutations {
            var damaged = description.codec
            damaged.decoderSpecific = damage(damaged.decoderSpecific, &random)
            do {
                let read = try TrackCodec(sampleEntry(description, damaged))
                #expect(read.kind == description.kind)
                #expect(read.configuration.decoderSpecific == damaged.decoderSpecific)
            } catch is TrackCodecError {
                refused += 1
            }
        }
        #expect(refused > 0)
        #expect(try TrackCodec(entry).configuration == description.codec)
    }

    @Test(arguments: CodecClip.allCases.filter(\.isVideo))
    func damagedSamplesAreMappedOrRefused(codec: CodecClip) throws {
        let clip = try codec.clip()
        let start = try TrackCodec(sampleEntry(clip.index.description)).mapper
        let samples = (0..<min(clip.index.sampleCount, 12)).map { number -> [UInt8] in
            let sample = clip.index.sample(number)
            // Headers are at the front; the rest would only take time.
            return Array(clip.media[Int(sample.offset)..<Int(sample.offset + UInt64(sample.size))])
        }
        var random = Generator(state: 0xBAD ^ UInt64(samples.count))
        var (mapped, refused) = (0, 0)
        while mapped + refused < Self.mutations {
            var mapper = start
            for (number, sample) in samples.enumerated() {
                let isDamaged = number > 0 && Int.random(in: 0..<3, using: &random) == 0
                let bytes = isDamaged ? damage(sample, &random) : sample
                do {
                    let map = try mapper.map(bytes)
                    let sum = map.subsamples.reduce(0) { $0 + Int($1.clearBytes) + Int($1.protectedBytes) }
                    #expect(sum == bytes.count)
                    mapped += 1
                } catch {
                    refused += 1
                    break
                }
            }
        }
        #expect(mapped > 0)
        #expect(refused > 0)
    }

    /// Parameter sets in samples are in force from there on, whatever the sample entry says.
    @Test(arguments: [
        (CodecClip.avcInBand, "-bf 0 -x264-params cabac=0:ref=1:weightp=0 -c:v libx264"),
        (.hevcInBand, "-c:v libx265 -x265-params log-level=none:ref=1:no-sao=1:no-weightp=1"),
    ])
    func setsInSamplesReplaceThoseOfTheEntry(codec: CodecClip, other: String) throws {
        let clip = try codec.clip()
        let stranger = try Clip(encoding: "-map 0:v -vf scale=160:90 -t 1 \(other)").index.description
        var wrong = clip.index.description.codec
        wrong.decoderSpecific = stranger.codec.decoderSpecific
        var mapper = try TrackCodec(sampleEntry(clip.index.description, wrong)).mapper
        for number in 0..<clip.index.sampleCount {
            let sample = clip.index.sample(number)
            let map = try mapper.map(Array(clip.media[Int(sample.offset)..<Int(sample.offset + UInt64(sample.size))]))
            #expect(map.subsamples == clip.index.subsamples(of: sample))
        }
    }

    private func sampleEntry(_ description: TrackDescription, _ codec: CodecConfiguration? = nil) throws -> any Box {
        var description = description
        if let codec { description.codec = codec }
        let moov = InitializationSegment(track: description).moov
        let entries = try #require(moov.descendant("trak", "mdia", "minf", "stbl", "stsd"))
        return try #require(BoxParser.parse(entries.serialized()).first?.box.children.first)
    }

    /// Bits turned, bytes set, cut off, taken out or doubled; mostly near the front, where headers are.
    private func damage(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            guard !bytes.isEmpty else { break }
            let reach = Bool.random(using: &random) ? min(bytes.count, 64) : bytes.count
            let at = Int.random(in: 0..<reach, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[at] = [0, 0xFF, 0x80, 0x7F].randomElement(using: &random) ?? 0
            case 3: bytes.removeSubrange(at...)
            case 4: bytes.remove(at: at)
            default: bytes.insert(bytes[at], at: at)
            }
        }
        return bytes
    }
}

/// SplitMix64: the same mutations on every run.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
