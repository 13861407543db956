import Foundation
import MediaModel
import MovieFiles
import Testing

/// Damaged files are refused with what, where and why; nothing is repaired in silence.
@Suite struct DamageTests {
    /// A change to a good file, and words of the refusal.
    struct Damage: Sendable, CustomTestStringConvertible {
        var name: String
        var form = MovieMaker.Form()
        var change: @Sendable (inout [UInt8]) throws -> Void
        var code: MovieError.Code
        var box: String?
        var words: String

        var testDescription: String { name }

        /// Writes bytes so far behind the first letter of a box's type.
        static func write(_ bytes: [UInt8], to box: String, at offset: Int) -> @Sendable (inout [UInt8]) throws -> Void
        {
            { file in
                let at = try #require(Bytes.find(box, in: file)) + 4 + offset
                file.replaceSubrange(at..<(at + bytes.count), with: bytes)
            }
        }
    }

    static let fragmented = MovieMaker.Form(samplesInMovie: 0)
    static let many: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]

    static let damages: [Damage] = [
        Damage(name: "text", change: { $0 = Bytes.text("This is not a film.") }, code: .notMovie, words: "begin"),
        Damage(name: "empty", change: { $0 = [] }, code: .notMovie, words: "empty"),
        Damage(name: "cut in the media", change: { $0.removeLast($0.count / 2) }, code: .truncated, words: "left"),
        Damage(name: "cut in the tables", change: { $0.removeLast(40) }, code: .truncated, words: "left"),
        Damage(
            name: "no movie", change: { $0.removeLast($0.count - (try #require(Bytes.find("moov", in: $0))) + 4) },
            code: .truncated, words: "moov"),
        Damage(
            name: "two movies",
            change: { file in file += file[((try #require(Bytes.find("moov", in: file))) - 4)...] }, code: .damaged,
            words: "second"),
        Damage(
            name: "a box smaller than its header", change: Damage.write([0, 0, 0, 7], to: "stts", at: -8),
            code: .damaged, words: "7 bytes"),
        Damage(
            name: "a box larger than what holds it", change: Damage.write([0, 9, 0, 0], to: "stts", at: -8),
            code: .damaged, words: "left"),
        Damage(
            name: "movie timescale zero", change: Damage.write([0, 0, 0, 0], to: "mvhd", at: 12), code: .damaged,
            words: "zero"),
        Damage(
            name: "track timescale zero", change: Damage.write([0, 0, 0, 0], to: "mdhd", at: 12), code: .damaged,
            words: "zero"),
        Damage(
            name: "2^32 durations", change: Damage.write(many, to: "stts", at: 4), code: .damaged, box: "stts",
            words: "room"),
        Damage(
            name: "2^32 sizes", change: Damage.write(many, to: "stsz", at: 8), code: .damaged, box: "stsz",
            words: "room"),
        Damage(
            name: "2^32 samples of one size", change: Damage.write([0, 0, 0, 1] + many, to: "stsz", at: 4),
            code: .damaged,
            box: "stsz", words: "fit"),
        Damage(
            name: "2^32 places", change: Damage.write(many, to: "stco", at: 4), code: .damaged, box: "stco",
            words: "room"),
        Damage(
            name: "2^32 runs", change: Damage.write(many, to: "stsc", at: 4), code: .damaged, box: "stsc", words: "room"
        ),
        Damage(
            name: "a run of 2^32 samples", form: fragmented, change: Damage.write(many, to: "trun", at: 4),
            code: .damaged,
            box: "trun", words: "room"),
        Damage(
            name: "2^32 samples in a run without entries", form: fragmented,
            change: Damage.write([0, 0, 0, 1] + many, to: "trun", at: 0), code: .damaged, box: "trun", words: "samples"),
        Damage(
            name: "a place outside the file", change: Damage.write(many, to: "stco", at: 12), code: .damaged,
            box: "stco",
            words: "beyond the end"),
        Damage(
            name: "a sample in the tables",
            change: { file in
                let place = UInt32(try #require(Bytes.find("moov", in: file)))
                try Damage.write(Bytes.u32(place), to: "stco", at: 12)(&file)
            }, code: .damaged, words: "outside every 'mdat'"),
        Damage(
            name: "samples that share bytes",
            change: { file in
                let at = try #require(Bytes.find("stco", in: file)) + 12
                file.replaceSubrange((at + 4)..<(at + 8), with: Array(file[at..<(at + 4)]))
            }, code: .damaged, words: "share"),
        Damage(
            name: "a sample of no bytes", change: Damage.write([0, 0, 0, 0], to: "stsz", at: 12), code: .damaged,
            words: "0 bytes"),
        Damage(
            name: "fewer durations than samples", change: Damage.write([0, 0, 0, 9], to: "stts", at: 4), code: .damaged,
            box: "stts", words: "no time for sample 10"),
        Damage(
            name: "more durations than samples", change: Damage.write([0, 0, 0, 9], to: "stts", at: 8), code: .damaged,
            box: "stts", words: "more samples"),
        Damage(
            name: "fewer places than samples", change: Damage.write([0, 0, 0, 2], to: "stco", at: 4), code: .damaged,
            box: "stsc", words: "does not cover sample 7"),
        Damage(
            name: "runs that do not begin at the first", change: Damage.write([0, 0, 0, 2], to: "stsc", at: 8),
            code: .damaged, box: "stsc", words: "follow"),
        Damage(
            name: "another sample description", change: Damage.write([0, 0, 0, 2], to: "stsc", at: 16),
            code: .unsupported,
            box: "stsc", words: "description 2"),
        Damage(
            name: "a fragment of a track that is not there", form: fragmented,
            change: Damage.write([0, 0, 0, 9], to: "tfhd", at: 4), code: .damaged, box: "tfhd", words: "trex"),
        Damage(
            name: "samples before the file", form: fragmented,
            change: Damage.write([0x80, 0, 0, 0], to: "trun", at: 8), code: .damaged, box: "trun", words: "before"),
        Damage(
            name: "a codec that nobody knows", change: Damage.write(Bytes.text("zzzz"), to: "mp4a", at: -4),
            code: .unknownCodec, box: "stsd", words: "'zzzz'"),
        Damage(
            name: "encrypted", change: Damage.write(Bytes.text("enca"), to: "mp4a", at: -4), code: .encrypted,
            box: "stsd",
            words: "encrypted"),
        Damage(
            name: "MP3",
            change: { file in
                let at = try #require(Bytes.find("esds", in: file)) + 8 + 7
                file[at] = 0x6B
            }, code: .unknownCodec, words: "0x6b"),
        Damage(
            name: "media in another file", change: Damage.write([0], to: "url ", at: 3), code: .unsupported,
            box: "url ",
            words: "another file"),
        Damage(
            name: "no track", change: Damage.write(Bytes.text("free"), to: "trak", at: -4), code: .notMovie,
            words: "neither"),
        Damage(
            name: "only a track of text", change: Damage.write(Bytes.text("text"), to: "hdlr", at: 8), code: .notMovie,
            words: "neither"),
    ]

    @Test(arguments: damages)
    func isRefused(damage: Damage) throws {
        var file = MovieMaker(form: damage.form, tracks: [.sound(count: 60)]).file()
        _ = try Uploaded(file)
        try damage.change(&file)
        let error = #expect(throws: MovieError.self) { try Uploaded(file) }
        #expect(error?.code == damage.code, "\(String(describing: error))")
        #expect(error?.description.contains(damage.words) == true, "\(String(describing: error))")
        if let box = damage.box { #expect(error?.path.last?.description == box) }
        #expect(error?.file == "film.mp4")
    }

    /// In pictures: a length of a NAL unit that leads beyond the sample, and a key frame that is none.
    @Test func damagedPicturesAreRefused() throws {
        let clip = try Clips.made(Clips.x264(keyEvery: 12))
        let media = try #require(Bytes.find("mdat", in: clip)) + 4
        var long = clip
        long[media] = 0x7F
        let error = #expect(throws: MovieError.self) { try Uploaded(long) }
        #expect(error?.description.contains("sample 1") == true)
        #expect(error?.offset == UInt64(media))
        // 'stss' names sample 2 instead of 1.
        let sync = try #require(Bytes.find("stss", in: clip)) + 4
        var later = clip
        later[sync + 11] = 2
        #expect(throws: MovieError.self) { try Uploaded(later) }
        // ... and sample 14 instead of 13.
        var wrong = clip
        wrong[sync + 15] += 1
        #expect(throws: MovieError.self) { try Uploaded(wrong) }
    }

    @Test func otherTracksAreLeftOutByName() throws {
        var text = MovieMaker.Track.sound(count: 10)
        text.handler = "text"
        let uploaded = try Uploaded(MovieMaker(tracks: [.sound(count: 60), text]).file())
        #expect(uploaded.tracks.count == 1)
        #expect(
            uploaded.warnings == [
                "film.mp4: track 2 ('text') is neither video nor audio nor text that is read: left out"
            ])
    }

    /// A film that was cut between key frames begins at one of the two, its sound with it.
    @Test(arguments: [FilmStart.KeyFrame.earlier, .later])
    func filmsCutBetweenKeyFramesBeginAtOne(keyFrame: FilmStart.KeyFrame) throws {
        let clip = try Clips.made(Clips.x264(keyEvery: 12), seconds: 2)
        let whole = try Uploaded(clip)
        let list = try #require(Bytes.find("elst", in: clip))
        let start = clip[(list + 16)..<(list + 20)].reduce(0) { $0 << 8 | UInt32($1) }
        var cut = clip
        // Ten pictures of 24 in a second: two before the next key frame.
        cut.replaceSubrange((list + 16)..<(list + 20), with: Bytes.u32(start + 10 * 512))
        let isEarlier = keyFrame == .earlier
        let film = try Uploaded(cut, at: keyFrame)
        #expect(film.warnings.contains { $0.contains(isEarlier ? "0.416 s before" : "0.083 s behind") })
        #expect(Uploaded.times(film.tracks[0]).min() == 0)
        let pictures = whole.tracks[0].segments.flatMap(\.samples)
        #expect(film.tracks[0].segments.flatMap(\.samples) == Array(pictures.dropFirst(isEarlier ? 0 : 12)))
        // Ten pictures are 20,000 units of the sound's 48,000 a second, two are 4000. What is shown of the sound before the
        // cut is its encoder's priming: one packet.
        let before = Uploaded.times(whole.tracks[1])
        let sound = Uploaded.times(film.tracks[1])
        if isEarlier {
            #expect(sound.first == 18_976)
            #expect(sound.count == before.count + 1)
        } else {
            #expect(sound.first.map { (0..<1024).contains($0) } == true)
            #expect(sound.count == before.filter { $0 >= 4000 }.count)
        }
    }

    /// The same with a delay before the cut.
    @Test(arguments: [FilmStart.KeyFrame.earlier, .later]) func delayedCutsToo(keyFrame: FilmStart.KeyFrame) throws {
        let clip = try Clips.made(Clips.x264(keyEvery: 12) + ["-an"], seconds: 2)
        let list = try #require(Bytes.find("elst", in: clip))
        let start = clip[(list + 16)..<(list + 20)].reduce(0) { $0 << 8 | UInt32($1) }
        // An empty edit of half a second in front: 12 bytes more in 'elst' and all boxes around it.
        var cut = clip
        cut.replaceSubrange((list + 8)..<(list + 12), with: Bytes.u32(2))
        cut.replaceSubrange((list + 16)..<(list + 20), with: Bytes.u32(start + 10 * 512))
        cut.insert(contentsOf: Bytes.u32(500) + Bytes.u32(.max) + Bytes.u32(0x0001_0000), at: list + 12)
        for type in ["elst", "edts", "trak", "moov"] {
            let box = try #require(Bytes.find(type, in: cut)) - 4
            let size = cut[box..<(box + 4)].reduce(0) { $0 << 8 | UInt32($1) }
            cut.replaceSubrange(box..<(box + 4), with: Bytes.u32(size + 12))
        }
        let film = try Uploaded(cut, at: keyFrame)
        #expect(film.warnings.contains { $0.contains("at a key frame") })
        let whole = try Uploaded(clip)
        let pictures = whole.tracks[0].segments.flatMap(\.samples)
        #expect(
            film.tracks[0].segments.flatMap(\.samples).map(\.bytes)
                == pictures.dropFirst(keyFrame == .earlier ? 0 : 12).map(\.bytes))
        // Half a second is 6144 units.
        #expect(Uploaded.times(film.tracks[0]).min() == 6144)
    }

    /// What an edit list cuts in the middle of a group of pictures cannot be served without encoding it.
    @Test func trimsBetweenKeyFramesAreRefused() throws {
        let clip = try Clips.made(Clips.x264(keyEvery: 12), seconds: 2)
        let list = try #require(Bytes.find("elst", in: clip))
        let start = clip[(list + 16)..<(list + 20)].reduce(0) { $0 << 8 | UInt32($1) }
        // Ten frames further on.
        var cut = clip
        cut.replaceSubrange((list + 16)..<(list + 20), with: Bytes.u32(start + 10 * 512))
        let error = #expect(throws: MovieError.self) { try Uploaded(cut) }
        #expect(error?.code == .unsupported)
        #expect(error?.reason.contains("between two key frames") == true)
        // Twelve: the next key frame.
        cut.replaceSubrange((list + 16)..<(list + 20), with: Bytes.u32(start + 12 * 512))
        let uploaded = try Uploaded(cut)
        #expect(uploaded.tracks[0].segments.flatMap(\.samples).count == 36)
        #expect(Uploaded.times(uploaded.tracks[0]).min() == 0)
    }
}
