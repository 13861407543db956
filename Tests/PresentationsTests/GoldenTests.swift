import Foundation
import Presentations
import Testing

/// Manifests as they were agreed on. `KEYWAY_UPDATE_GOLDEN=1` writes them anew; the difference is then read in review.
@Suite struct GoldenTests {
    static let manifests: [String: @Sendable () throws -> String] = [
        "clear-ts.m3u8": { try Fixtures.film(Fixtures.transportStream).multivariantPlaylist() },
        "clear-cmaf.m3u8": { try Fixtures.film().multivariantPlaylist() },
        "audio-only.m3u8": {
            try Presentation(name: "Radio", tracks: [Fixtures.audio("en", "audio")]).multivariantPlaylist()
        },
        "aes-one-key.m3u8": {
            try Fixtures.protected(Fixtures.film(Fixtures.transportStream)) { Fixtures.envelope($1) }
                .multivariantPlaylist()
        },
        "cbcs-many-keys.m3u8": {
            try Fixtures.protected(Fixtures.film()) { number, _ in Fixtures.common(.cbcs, key: number) }
                .multivariantPlaylist()
        },
        "video-clear.m3u8": { try Fixtures.video(720).mediaPlaylist() },
        "video-aes.m3u8": {
            try media(Fixtures.protected(Fixtures.film(Fixtures.transportStream)) { Fixtures.envelope($1) })
        },
        "video-cbcs.m3u8": { try media(Fixtures.protected(Fixtures.film()) { _, _ in Fixtures.common(.cbcs) }) },
        "video-cenc.m3u8": { try media(Fixtures.protected(Fixtures.film()) { _, _ in Fixtures.common(.cenc) }) },
        "scrubbed-ts.m3u8": { try Fixtures.scrubbed(Fixtures.transportStream).multivariantPlaylist() },
        "iframes-ts-aes.m3u8": {
            try iframes(Fixtures.protected(Fixtures.scrubbed(Fixtures.transportStream)) { Fixtures.envelope($1) })
        },
        "iframes-cmaf-cbcs.m3u8": {
            try iframes(Fixtures.protected(Fixtures.scrubbed(Fixtures.fragmented)) { _, _ in Fixtures.common(.cbcs) })
        },
        "muxed.m3u8": {
            var film = Fixtures.film(Fixtures.transportStream)
            for number in film.tracks.indices {
                film.tracks[number].muxedSound = Fixtures.audio("en", "audio-en").description
            }
            return try film.muxedMultivariantPlaylist()
        },
        "muxed-audio-only.m3u8": {
            try Presentation(name: "Radio", tracks: [Fixtures.audio("en", "audio")]).muxedMultivariantPlaylist()
        },
        "video-cmaf-aes.m3u8": { try media(Fixtures.protected(Fixtures.film()) { Fixtures.envelope($1) }) },
        "csf-clear.mpd": { try Fixtures.film().mediaPresentationDescription(.commonStreaming) },
        "sea.mpd": {
            try Fixtures.protected(Fixtures.film()) { Fixtures.envelope($1) }.mediaPresentationDescription()
        },
        "smooth.ismc": { try smooth(hasRepeats: true) },
        "smooth-piff-without-repeats.ismc": { try smooth(hasRepeats: false, playReadyObject: "AAAA") },
        "cut.mpd": {
            var film = Fixtures.film()
            film.tracks = film.tracks.map { $0.cut(to: 2..<4) }
            return try film.mediaPresentationDescription()
        },
        "codecs.m3u8": { try Fixtures.manyCodecs().multivariantPlaylist() },
        "codecs.mpd": { try Fixtures.manyCodecs().mediaPresentationDescription() },
        "clear.mpd": { try Fixtures.film().mediaPresentationDescription() },
        "cenc.mpd": {
            try Fixtures.protected(Fixtures.film()) { _, _ in Fixtures.common(.cenc) }.mediaPresentationDescription()
        },
        "cbcs-many-keys.mpd": {
            try Fixtures.protected(Fixtures.film()) { number, _ in Fixtures.common(.cbcs, key: number) }
                .mediaPresentationDescription()
        },
    ]

    private static func smooth(hasRepeats: Bool, playReadyObject: String? = nil) throws -> String {
        let film = Fixtures.smoothFilm()
        return try film.smoothManifest(
            SmoothStreams(film.tracks.map(\.description)),
            SmoothOptions(folder: "v1/clear/smooth", hasRepeats: hasRepeats, playReadyObject: playReadyObject))
    }

    private static func media(_ presentation: Presentation) throws -> String {
        try #require(presentation.tracks.first).mediaPlaylist()
    }

    private static func iframes(_ presentation: Presentation) throws -> String {
        try #require(presentation.tracks.first).keyFramePlaylist()
    }

    @Test(arguments: manifests.keys.sorted())
    func manifestIsAsAgreed(name: String) throws {
        let make = try #require(Self.manifests[name])
        let made = try make()
        let file = Fixtures.root.appendingPathComponent("Tests/Golden/Presentations/\(name)")
        if ProcessInfo.processInfo.environment["KEYWAY_UPDATE_GOLDEN"] == "1" {
            try Data(made.utf8).write(to: file)
        }
        #expect(made == String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}
