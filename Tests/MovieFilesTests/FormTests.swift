import Foundation
import MovieFiles
import Testing

/// Whatever form a file says its samples in, the same track comes of it.
@Suite struct FormTests {
    typealias Form = MovieMaker.Form

    /// A film with B-frames taken apart, so that it can be put together in every form.
    private static let film = Result { () throws -> [MovieMaker.Track] in
        let clip = try Clips.made(Clips.x264(keyEvery: 12), seconds: 2)
        let uploaded = try Uploaded(clip)
        let description = try #require(Bytes.find("stsd", in: clip))
        let start = try #require(Bytes.find("avc1", in: clip, after: description)) - 4
        let size = clip[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
        let video = MovieMaker.Track(
            handler: "vide", timescale: uploaded.tracks[0].timescale, entry: Array(clip[start..<(start + size)]),
            samples: samples(uploaded.tracks[0]))
        return [video, .sound(count: 90)]
    }

    private static func samples(_ track: Uploaded.Track) -> [MovieMaker.Sample] {
        track.segments.flatMap(\.samples).map {
            MovieMaker.Sample(bytes: $0.bytes, duration: $0.duration, offset: $0.offset, isSync: $0.isSync)
        }
    }

    static let forms: [Form] = [
        Form(samplesPerRun: 1), Form(samplesPerRun: 100), Form(movieIsFirst: true), Form(hasLargeOffsets: true),
        Form(sizeBits: 16), Form(runsPerMediaBox: 2), Form(runsPerMediaBox: 3, hasLargeMediaSize: true),
        Form(hasLargeMediaSize: true), Form(samplesInMovie: 0), Form(samplesInMovie: 0, base: .absolute),
        Form(samplesInMovie: 0, base: .relativeToTheTrackBefore), Form(samplesInMovie: 0, hasPlainRuns: false),
        Form(samplesInMovie: 0, samplesPerFragment: 12, hasPlainRuns: false),
        Form(samplesInMovie: 0, hasDecodeTimes: false), Form(samplesInMovie: 12),
        Form(samplesInMovie: 12, base: .absolute),
        Form(movieIsFirst: true, samplesInMovie: 24, hasDecodeTimes: false),
        // Negative offsets in version 0, as many writers have them.
        Form(compositionVersion: 0),
    ]

    @Test(arguments: forms)
    func becomesTheSameTracks(form: Form) throws {
        let tracks = try Self.film.get()
        let plain = try Uploaded(MovieMaker(tracks: tracks).file())
        let made = try Uploaded(MovieMaker(form: form, tracks: tracks).file())
        #expect(made == plain)
        #expect(plain.tracks.count == 2)
        #expect(Self.samples(plain.tracks[0]).map(\.bytes) == tracks[0].samples.map(\.bytes))
    }

    @Test(arguments: [4, 8])
    func smallSizesTakeFewBits(bits: Int) throws {
        let sound = MovieMaker.Track.sound(count: 41) { 1 + $0 % 15 }
        let plain = try Uploaded(MovieMaker(tracks: [sound]).file())
        #expect(try Uploaded(MovieMaker(form: Form(sizeBits: bits), tracks: [sound]).file()) == plain)
        #expect(plain.tracks[0].segments.flatMap(\.samples).map(\.bytes) == sound.samples.map(\.bytes))
    }

    @Test(arguments: [1, 2])
    func shortLengthsOfNALUnitsBecomeLongOnes(size: Int) throws {
        var tracks = try Self.film.get()
        let plain = try Uploaded(MovieMaker(tracks: tracks).file())
        guard size == 2 else { return }
        let configuration = try #require(Bytes.find("avcC", in: tracks[0].entry)) + 4
        tracks[0].entry[configuration + 4] = 0xFC | UInt8(size - 1)
        tracks[0].samples = tracks[0].samples.map { sample in
            var bytes: [UInt8] = []
            var rest = sample.bytes[...]
            while rest.count >= 4 {
                let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                bytes += rest.dropFirst(2).prefix(2) + rest.dropFirst(4).prefix(length)
                rest = rest.dropFirst(4 + length)
            }
            var sample = sample
            sample.bytes = bytes
            return sample
        }
        let made = try Uploaded(MovieMaker(tracks: tracks).file())
        #expect(made.tracks.map(\.segments) == plain.tracks.map(\.segments))
    }

    /// `avc3` keeps its parameter sets in the samples; while they never change, they are the sample entry's.
    @Test func parameterSetsInSamplesMoveToTheSampleEntry() throws {
        var tracks = try Self.film.get()
        let entry = tracks[0].entry
        let plain = try Uploaded(MovieMaker(tracks: tracks).file())
        let at = try #require(Bytes.find("avcC", in: entry))
        let boxSize = entry[(at - 4)..<at].reduce(0) { $0 << 8 | Int($1) }
        let record = Array(entry[(at + 4)..<(at - 4 + boxSize)])
        let sequenceSize = Int(record[6]) << 8 | Int(record[7])
        let sequence = Array(record[8..<(8 + sequenceSize)])
        let pictureAt = 8 + sequenceSize + 1
        let pictureSize = Int(record[pictureAt]) << 8 | Int(record[pictureAt + 1])
        let picture = Array(record[(pictureAt + 2)..<(pictureAt + 2 + pictureSize)])
        let inBand = [sequence, picture].flatMap { Bytes.u32(UInt32($0.count)) + $0 }
        for index in tracks[0].samples.indices where tracks[0].samples[index].isSync {
            tracks[0].samples[index].bytes = inBand + tracks[0].samples[index].bytes
        }
        let empty = Array(record[..<5]) + [0xE0, 0]
        tracks[0].entry = Bytes.box("avc3", Array(entry[8..<(at - 4)]) + Bytes.box("avcC", empty))
        let made = try Uploaded(MovieMaker(tracks: tracks).file())
        #expect(made.tracks[0].codec == plain.tracks[0].codec)
        #expect(made.tracks[0].segments.map(\.decodeTime) == plain.tracks[0].segments.map(\.decodeTime))
        // Other parameter sets further on would be read with the wrong ones.
        let keyFrames = tracks[0].samples.indices.filter { tracks[0].samples[$0].isSync }
        let last = try #require(keyFrames.last)
        tracks[0].samples[last].bytes[inBand.count - 1] ^= 4
        #expect(throws: MovieError.self) { try Uploaded(MovieMaker(tracks: tracks).file()) }
    }
}
