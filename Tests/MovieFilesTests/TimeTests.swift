import Foundation
import MediaModel
import MovieFiles
import Testing

/// When samples are shown: edit lists, delays, and where segments are cut.
@Suite struct TimeTests {
    private func sound(_ edits: [(duration: UInt64, start: Int64)], count: Int = 200) -> MovieMaker.Track {
        var track = MovieMaker.Track.sound(count: count)
        track.edits = edits
        return track
    }

    private func times(_ track: MovieMaker.Track) throws -> [Int64] {
        Uploaded.times(try Uploaded(MovieMaker(tracks: [track]).file()).tracks[0])
    }

    @Test func withoutAnEditListTimesAreTheTables() throws {
        #expect(try times(sound([])) == (0..<200).map { Int64($0) * 1024 })
    }

    /// Priming of one frame, as ffmpeg writes it, and of 2112 samples, as others do.
    @Test(arguments: [(1024, 1, 0), (2112, 3, 960), (2048, 2, 0)])
    func primingIsLeftOut(start: Int, dropped: Int, first: Int) throws {
        let times = try times(sound([(duration: 10_000, start: Int64(start))]))
        #expect(times.first == Int64(first))
        #expect(times.count == 200 - dropped)
    }

    /// A delay of 250 ms at 48 kHz.
    @Test func anEmptyEditDelays() throws {
        let times = try times(sound([(duration: 250, start: -1), (duration: 10_000, start: 0)]))
        #expect(times.first == 12_000)
        #expect(times.count == 200)
    }

    @Test func whatComesAfterTheEditIsLeftOut() throws {
        // One second: 46.875 frames.
        #expect(try times(sound([(duration: 1000, start: 0)])).count == 47)
        // With nothing after it.
        #expect(try times(sound([(duration: 1000, start: 0), (duration: 500, start: -1)])).count == 47)
    }

    /// An edit for each of several runs that follow each other is one run.
    @Test func editsThatFollowEachOtherAreOne() throws {
        let times = try times(
            sound([(duration: 250, start: -1), (duration: 1000, start: 1024), (duration: 1000, start: 49_024)]))
        #expect(times.first == 12_000)
        #expect(times.count == 94)
        // Half a frame is missing between them, or they are in another order.
        for start in [49_536, 48_512, 0] {
            let error = #expect(throws: MovieError.self) {
                try self.times(sound([(duration: 1000, start: 1024), (duration: 1000, start: Int64(start))]))
            }
            #expect(error?.reason.contains("do not follow each other") == true)
        }
    }

    @Test func othersAreRefused() throws {
        let lists: [[(duration: UInt64, start: Int64)]] = [
            [(duration: 1000, start: 0), (duration: 1000, start: 96_000)], [(duration: 1000, start: -1)],
            [(duration: 1 << 63, start: -1), (duration: 1000, start: 0)], [(duration: 0, start: 1 << 61)],
            [(duration: 0, start: -2)],
        ]
        for edits in lists {
            let error = #expect(throws: MovieError.self) { try times(sound(edits)) }
            #expect(error?.path.last == "elst" || error?.code == .unsupported, "\(edits)")
        }
    }

    /// Segments of sound alone are of two seconds, to the nearest frame.
    @Test func soundAloneIsCutEveryTwoSeconds() throws {
        let uploaded = try Uploaded(MovieMaker(tracks: [sound([], count: 500)]).file())
        let frames = uploaded.tracks[0].segments.map { $0.decodeTime / 1024 }
        #expect(frames == [0, 94, 187, 281, 375, 469])
    }

    @Test func fragmentsMayLeaveGaps() throws {
        let plain = MovieMaker(form: .init(samplesInMovie: 0, samplesPerFragment: 100), tracks: [sound([])]).file()
        let first = try #require(Bytes.find("tfdt", in: plain))
        let second = try #require(Bytes.find("tfdt", in: plain, after: first + 4))
        var late = plain
        late.replaceSubrange((second + 8)..<(second + 16), with: Bytes.u64(200_000))
        let times = Uploaded.times(try Uploaded(late).tracks[0])
        #expect(times[99] == 99 * 1024)
        #expect(times[100] == 200_000)
        var early = plain
        early.replaceSubrange((second + 8)..<(second + 16), with: Bytes.u64(50_000))
        #expect(throws: MovieError.self) { try Uploaded(early) }
    }

    @Test func languagesAndTags() throws {
        var track = sound([])
        // "deu"
        track.language = 4 << 10 | 5 << 5 | 21
        #expect(try Uploaded(MovieMaker(tracks: [track]).file()).tracks[0].language == "deu")
        track.extendedLanguage = "de-CH"
        #expect(try Uploaded(MovieMaker(tracks: [track]).file()).tracks[0].language == "de-CH")
        track.extendedLanguage = "../etc"
        #expect(try Uploaded(MovieMaker(tracks: [track]).file()).tracks[0].language == "deu")
        track.language = 0x7FFF
        #expect(try Uploaded(MovieMaker(tracks: [track]).file()).tracks[0].language == "und")
    }

    /// The offset between sound and picture of each clip, in seconds, as ffprobe tells it of the files.
    @Test(arguments: [
        ("bbb_prog_10s.mp4", 0.0, 0.0), ("exo_frag.mp4", 0.066_733, 0.0), ("exo_sample.mp4", 0.0, 0.043_991),
        ("bigbuckbunny_720p.mp4", 0.0, 0.0), ("interview_184k.mp4", 0.034_001, 0.0),
    ])
    func clipsKeepTheirOffsets(clip: String, video: Double, audio: Double) throws {
        let uploaded = try Uploaded(Clips.file(clip))
        #expect(uploaded.tracks.count == 2)
        for (track, expected) in zip(uploaded.tracks, [video, audio]) {
            let start = Double(Uploaded.times(track).min() ?? -1) / Double(track.timescale)
            #expect(abs(start - expected) < 0.000_002, "\(track.name)")
            // A segment's address is its earliest presentation time.
            for segment in track.segments {
                let alone = Uploaded.Track(
                    name: "", timescale: 1, language: "", codec: "", segments: [segment])
                #expect(Uploaded.times(alone).min() == Int64(segment.decodeTime))
            }
        }
    }
}
