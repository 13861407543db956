import Foundation
import MovieFiles
import Synchronization
import Testing

/// Thousands of damaged files: each is taken or refused, soon, in bounded memory, without a crash.
@Suite struct MutationTests {
    /// Numbers that are the same in every run.
    private struct Random {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }

        mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
    }

    /// Counts what is asked of it.
    private final class CountedSource: MovieSource {
        let bytes: [UInt8]
        private let counted = Mutex(0)

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        var size: UInt64 { UInt64(bytes.count) }
        var readCount: Int { counted.withLock { $0 } }

        func read(_ range: Range<UInt64>) throws(MovieError) -> [UInt8] {
            guard range.upperBound <= size else { throw MovieError(.truncated, "beyond the end") }
            counted.withLock { $0 += range.count }
            return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        }
    }

    enum Seed: String, CaseIterable, Sendable {
        case sound, fragmentedSound, hybridSound, film, fragmentedFilm

        func make() throws -> [UInt8] {
            var sound = MovieMaker.Track.sound(count: 40)
            sound.edits = [(duration: 100, start: -1), (duration: 700, start: 1024)]
            switch self {
            case .sound: return MovieMaker(tracks: [sound, .sound(count: 12)]).file()
            case .fragmentedSound:
                return MovieMaker(form: .init(samplesInMovie: 0), tracks: [sound, .sound(count: 12)]).file()
            case .hybridSound:
                let form = MovieMaker.Form(hasLargeOffsets: true, sizeBits: 8, samplesInMovie: 20, base: .absolute)
                return MovieMaker(form: form, tracks: [sound]).file()
            case .film: return try Clips.made(Clips.x264(keyEvery: 6), seconds: 0.5)
            case .fragmentedFilm:
                return try Clips.made(
                    Clips.x264(keyEvery: 6) + ["-movflags", "frag_keyframe+empty_moov+delay_moov"], seconds: 0.5)
            }
        }
    }

    /// Of each seed; `KEYWAY_MUTATIONS` asks for more.
    private static let rounds = ProcessInfo.processInfo.environment["KEYWAY_MUTATIONS"].flatMap { Int($0) } ?? 1200

    private static let values: [UInt32] = [
        0, 1, 2, 7, 8, 15, 16, 0x7F, 0xFF, 0x100, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF,
    ]

    private static func mutate(_ bytes: [UInt8], _ structure: [Int], _ random: inout Random) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(3) {
            guard bytes.count > 16 else { return bytes }
            // Half of the places are in or behind a header, where they hurt.
            let place =
                random.below(2) == 0
                ? random.below(bytes.count - 8)
                : min(structure[random.below(structure.count)] + random.below(40), bytes.count - 8)
            switch random.below(6) {
            case 0: bytes[place] ^= UInt8(1 << random.below(8))
            case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 2, 3:
                let value = values[random.below(values.count)]
                bytes.replaceSubrange(place..<(place + 4), with: Bytes.u32(value))
            case 4:
                let count = random.below(64)
                bytes.removeSubrange(place..<min(place + count, bytes.count))
            default:
                if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count / 2)) }
                let from = random.below(bytes.count - 8)
                let part = Array(bytes[from..<min(from + random.below(64), bytes.count)])
                bytes.insert(contentsOf: part, at: min(place, bytes.count))
            }
        }
        return bytes
    }

    /// Where the boxes of the file's structure begin.
    private static func structure(_ bytes: [UInt8]) -> [Int] {
        let types = [
            "ftyp", "moov", "mvhd", "trak", "tkhd", "edts", "elst", "mdia", "mdhd", "hdlr", "minf", "stbl", "stsd",
            "avc1",
            "avcC", "mp4a", "esds", "stts", "ctts", "stsc", "stsz", "stz2", "stco", "co64", "stss", "mvex", "trex",
            "moof",
            "traf", "tfhd", "tfdt", "trun", "mdat",
        ]
        return types.flatMap { type -> [Int] in
            var found: [Int] = []
            while let at = Bytes.find(type, in: bytes, after: found.last.map { $0 + 4 } ?? 0) { found.append(at) }
            return found.map { max($0 - 4, 0) }
        }
    }

    @Test(arguments: Seed.allCases)
    func nothingHurts(seed: Seed) throws {
        let good = try seed.make()
        let structure = Self.structure(good)
        _ = try Uploaded(good)
        var random = Random(state: 0x6D70_3400 + UInt64(seed.rawValue.count))
        var taken = 0
        let before = Self.peakMemory()
        for round in 0..<Self.rounds {
            let bytes = Self.mutate(good, structure, &random)
            let source = CountedSource(bytes)
            let start = ContinuousClock.now
            do {
                let uploaded = try Uploaded(reading: [("film.mp4", source)])
                taken += 1
                // Whatever is taken is in order.
                for track in uploaded.tracks {
                    var end: UInt64 = 0
                    for segment in track.segments {
                        #expect(segment.decodeTime >= end && !segment.samples.isEmpty)
                        end = segment.decodeTime + segment.samples.reduce(0) { $0 + UInt64($1.duration) }
                        #expect(segment.samples.allSatisfy { $0.duration > 0 && !$0.bytes.isEmpty })
                    }
                }
            } catch is MovieError {
            }
            // Milliseconds on an idle machine; a hang is a hang on any.
            #expect(ContinuousClock.now - start < .seconds(300), "round \(round)")
            // Tables are read a few times over, and through windows.
            #expect(source.readCount < bytes.count * 64 + (1 << 20), "round \(round)")
        }
        #expect(taken > 0)
        #expect(taken < Self.rounds)
        // Of the whole process, with all tests that run meanwhile.
        #expect(Self.peakMemory() - before < 1 << 30)
    }

    /// In bytes.
    private static func peakMemory() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
