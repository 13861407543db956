import Foundation
import MediaModel
import Testing

@testable import Presentations

@Suite struct SmoothTests {
    private func manifest(_ film: Presentation) throws -> String {
        try film.smoothManifest(
            SmoothStreams(film.tracks.map(\.description)), SmoothOptions(folder: "f", hasRepeats: true))
    }

    /// A URL names one track, also where bit rates are equal.
    @Test func equalBitratesHaveURLsOfTheirOwn() throws {
        var tracks = Fixtures.smoothFilm().tracks.map(\.description)
        for number in tracks.indices { tracks[number].peakBitrate = 500 }
        let streams = SmoothStreams(tracks)
        let places = tracks.compactMap { streams.place(of: $0.name) }
        #expect(places.map(\.bitrate) == [500, 501, 500, 500])
        #expect(places.map(\.stream) == ["video", "video", "audio-en", "audio-de"])
        for track in tracks {
            #expect(streams.place(of: track.name).flatMap { streams.track(at: $0) } == track.name)
        }
        #expect(streams.track(at: .init(stream: "video", bitrate: 502)) == nil)
    }

    /// A manifest that shows a part of the tracks names the same fragments.
    @Test func namesDoNotDependOnWhatIsShown() throws {
        var film = Fixtures.smoothFilm()
        let streams = SmoothStreams(film.tracks.map(\.description))
        film.tracks = [film.tracks[1]]
        let text = try film.smoothManifest(streams, SmoothOptions(folder: "f", hasRepeats: true))
        #expect(text.contains("QualityLevels=\"1\""))
        #expect(text.contains("Bitrate=\"\(streams.place(of: "video-720")?.bitrate ?? 0)\""))
    }

    @Test func tracksOfAStreamHaveTheSameFragments() throws {
        var film = Fixtures.smoothFilm()
        film.tracks[1].segments[2].start += 1
        #expect(throws: PresentationError.self) { try manifest(film) }
    }

    /// HE-AAC whose configuration names the core first plays wherever AAC-LC does.
    @Test(
        arguments: [
            ([0x13, 0x90], "mp4a.40.5", "AACL"), ([0x13, 0x10, 0x56, 0xE5, 0x98], "mp4a.40.5", "AACL"),
            ([0x2B, 0x11, 0x88, 0x00], "mp4a.40.5", "AACH"), ([0xEB, 0x09, 0x88, 0x00], "mp4a.40.29", "AACH"),
        ] as [([UInt8], String, String)])
    func highEfficiencyHasItsFourCC(configuration: [UInt8], codec: String, fourCC: String) throws {
        var film = Fixtures.smoothFilm()
        film.tracks[2].description.codec.codecString = codec
        film.tracks[2].description.codec.decoderSpecific = configuration
        #expect(try manifest(film).contains("FourCC=\"\(fourCC)\""))
    }

    @Test func whatHasNoFormIsRefused() throws {
        var film = Fixtures.smoothFilm()
        film.tracks[2].description.codec.codecString = "mp4a.40.34"
        #expect(throws: PresentationError.self) { try manifest(film) }
        film = Fixtures.film()
        // Its decoder configuration cannot be read.
        #expect(throws: PresentationError.self) { try manifest(film) }
    }

    /// Fragments of less than 100 ns, and times beyond 64 bits, have no place in a manifest.
    @Test(arguments: [UInt32(1), 100_000_001])
    func timesThatDoNotFit(timescale: UInt32) throws {
        var film = Fixtures.smoothFilm()
        film.tracks = [film.tracks[0]]
        film.tracks[0].description.timescale = timescale
        film.tracks[0].segments = [
            PresentedSegment(start: 0, duration: 1), PresentedSegment(start: timescale == 1 ? 1 << 62 : 1, duration: 1),
        ]
        #expect(throws: PresentationError.self) { try manifest(film) }
    }

    @Test(arguments: hostileTexts)
    func hostileNamesStayText(text: String) throws {
        let film = Fixtures.smoothFilm()
        let made = try film.smoothManifest(
            SmoothStreams(film.tracks.map(\.description)),
            SmoothOptions(folder: text, hasRepeats: true, playReadyObject: text))
        #expect(!made.contains("<evil"))
    }
}
