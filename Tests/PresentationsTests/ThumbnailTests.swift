import Foundation
import MediaModel
import TestSupport
import Testing

@testable import Presentations

/// Thumbnails in the manifests and playlists of a film of 10.5 s, shown whole and in part.
@Suite(.waiting) struct ThumbnailTests {
    /// Pictures of 2 s, four on a sheet: sheets at 0 s and 8 s.
    private static func thumbnails(end: UInt64 = 10_500) -> PresentedTrack {
        let format = ImageFormat(role: .thumbnails, width: 160, height: 90, columns: 2, rows: 2, interval: 2000)
        let description = TrackDescription(
            name: "thumbnails", kind: .image,
            codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"), timescale: 1000,
            averageBitrate: 9000, peakBitrate: 12_000, image: format)
        return PresentedTrack(
            description: description,
            segments: [
                PresentedSegment(start: 0, duration: 8000), PresentedSegment(start: 8000, duration: end - 8000),
            ],
            addresses: TrackAddresses(
                playlist: "v1/clear/jpeg/{track}/media.m3u8", initialization: nil,
                media: "v1/clear/jpeg/{track}/{number}.jpg"))
    }

    /// - Parameter range: of the segments, which have 2 s each but the last.
    private static func film(_ range: Range<Int> = 0..<6) -> Presentation {
        Presentation(name: "film", tracks: [Fixtures.video(360).cut(to: range), thumbnails()])
    }

    @Test func hlsNamesAnImagePlaylist() throws {
        let master = try Self.film().multivariantPlaylist()
        #expect(
            master.hasSuffix(
                """
                #EXT-X-IMAGE-STREAM-INF:BANDWIDTH=12000,RESOLUTION=160x90,CODECS="jpeg",\
                URI="v1/clear/jpeg/thumbnails/media.m3u8"

                """))
        #expect(
            try Self.film().imagePlaylist(of: "thumbnails") == """
                #EXTM3U
                #EXT-X-VERSION:7
                #EXT-X-TARGETDURATION:8
                #EXT-X-MEDIA-SEQUENCE:0
                #EXT-X-PLAYLIST-TYPE:VOD
                #EXT-X-IMAGES-ONLY
                #EXTINF:8.000,
                #EXT-X-TILES:RESOLUTION=160x90,LAYOUT=2x2,DURATION=2.000
                v1/clear/jpeg/thumbnails/1.jpg
                #EXTINF:2.500,
                #EXT-X-TILES:RESOLUTION=160x90,LAYOUT=2x2,DURATION=2.000
                v1/clear/jpeg/thumbnails/2.jpg
                #EXT-X-ENDLIST

                """)
        #expect(try Self.film().imagePlaylist(of: "video-360") == nil)
    }

    @Test func dashHasASetOfSheets() throws {
        let manifest = try Self.film().mediaPresentationDescription()
        #expect(
            manifest.contains(
                """
                    <AdaptationSet id="1" contentType="image" mimeType="image/jpeg">
                      <SegmentTemplate timescale="1000" duration="8000" startNumber="1" \
                media="v1/clear/jpeg/$RepresentationID$/$Number$.jpg"/>
                      <Representation id="thumbnails" bandwidth="12000" codecs="jpeg" width="320" height="180">
                        <EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="2x2"/>
                      </Representation>
                    </AdaptationSet>
                """))
        #expect(manifest.contains("mediaPresentationDuration=\"PT11S\""))
        try Self.validate(manifest)
    }

    private static func validate(_ manifest: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("thumbnails-\(UUID().uuidString).mpd")
        try Data(manifest.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let schemas = Fixtures.root.appendingPathComponent("Tests/Schemas").path
        _ = try Tool.run([
            "env", "XML_CATALOG_FILES=\(schemas)/catalog.xml", "xmllint", "--nonet", "--noout", "--schema",
            "\(schemas)/DASH-MPD.xsd", file.path,
        ])
    }

    /// What begins with the second sheet: numbers go on, times begin anew.
    @Test func aPartThatBeginsWithASheetListsTheRest() throws {
        let part = Self.film(4..<6)
        let manifest = try part.mediaPresentationDescription()
        #expect(manifest.contains("<SegmentTemplate timescale=\"1000\" duration=\"8000\" startNumber=\"2\""))
        try Self.validate(manifest)
        let playlist = try #require(try part.imagePlaylist(of: "thumbnails"))
        #expect(playlist.contains("#EXTINF:2.500,") && playlist.contains("/2.jpg") && !playlist.contains("/1.jpg"))
    }

    /// Sound begins 11 ms before the pictures: nobody minds, and the first picture is the one that is meant.
    @Test func aMomentBeforeASheetIsTheSheet() throws {
        var part = Self.film(4..<6)
        var sound = Fixtures.audio("en", "audio-en")
        sound.segments = [PresentedSegment(start: 383_472, duration: 140_000)]
        part.tracks.insert(sound, at: 1)
        #expect(try part.mediaPresentationDescription().contains("duration=\"8000\" startNumber=\"2\""))
        #expect(try part.imagePlaylist(of: "thumbnails") != nil)
        #expect(
            try part.thumbnailTrack()?.hasPrefix(
                "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nv1/clear/jpeg/thumbnails/2.jpg#xywh=0,0,160,90\n") == true)
    }

    /// What begins within a sheet: DASH writes the times out, HLS has no words for it.
    @Test func aPartThatBeginsWithinASheet() throws {
        let part = Self.film(1..<6)
        let manifest = try part.mediaPresentationDescription()
        #expect(
            manifest.contains(
                "<SegmentTemplate timescale=\"1000\" presentationTimeOffset=\"2000\" startNumber=\"1\" media="))
        #expect(manifest.contains("<S t=\"0\" d=\"8000\" r=\"1\"/>"))
        try Self.validate(manifest)
        #expect(try part.imagePlaylist(of: "thumbnails") == nil)
        #expect(try !part.multivariantPlaylist().contains("IMAGE-STREAM"))
    }

    /// A part that ends within a sheet shows as much of it as it has.
    @Test func aPartThatEndsWithinASheet() throws {
        let playlist = try #require(try Self.film(0..<3).imagePlaylist(of: "thumbnails"))
        #expect(playlist.contains("#EXT-X-TARGETDURATION:6\n") && playlist.contains("#EXTINF:6.000,"))
        #expect(!playlist.contains("/2.jpg"))
    }

    @Test func cuesNameEveryPicture() throws {
        let track = try #require(try Self.film().thumbnailTrack())
        #expect(
            track == """
                WEBVTT

                00:00:00.000 --> 00:00:02.000
                v1/clear/jpeg/thumbnails/1.jpg#xywh=0,0,160,90

                00:00:02.000 --> 00:00:04.000
                v1/clear/jpeg/thumbnails/1.jpg#xywh=160,0,160,90

                00:00:04.000 --> 00:00:06.000
                v1/clear/jpeg/thumbnails/1.jpg#xywh=0,90,160,90

                00:00:06.000 --> 00:00:08.000
                v1/clear/jpeg/thumbnails/1.jpg#xywh=160,90,160,90

                00:00:08.000 --> 00:00:10.000
                v1/clear/jpeg/thumbnails/2.jpg#xywh=0,0,160,90

                00:00:10.000 --> 00:00:10.500
                v1/clear/jpeg/thumbnails/2.jpg#xywh=160,0,160,90

                """)
    }

    /// For every part of the film: cues begin at zero, end with what is shown, follow each other, and each shows what the
    /// whole film's cue of that moment shows.
    @Test func cuesOfPartsAreThoseOfTheWhole() throws {
        func cues(_ text: String) -> [(start: Int, end: Int, place: Substring)] {
            text.components(separatedBy: "\n\n").dropFirst().map { block in
                let lines = block.split(separator: "\n")
                let times = lines[0].split(separator: " ").compactMap { clock -> Int? in
                    let parts = clock.split(whereSeparator: { $0 == ":" || $0 == "." }).compactMap { Int($0) }
                    return parts.count == 4 ? ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + parts[3] : nil
                }
                return (times[0], times[1], lines[1])
            }
        }
        let whole = cues(try #require(try Self.film().thumbnailTrack()))
        for first in 0..<6 {
            for last in first..<6 {
                // The thumbnails end half a second before the last segment of pictures.
                let (begin, end) = (first * 2000, min(10_500, (last + 1) * 2000))
                let shown = cues(try #require(try Self.film(first..<(last + 1)).thumbnailTrack()))
                #expect(shown.first?.start == 0 && shown.last?.end == end - begin)
                #expect(zip(shown, shown.dropFirst()).allSatisfy { $0.end == $1.start })
                for cue in shown {
                    let same = whole.first { $0.start <= cue.start + begin && cue.start + begin < $0.end }
                    #expect(same?.place == cue.place)
                }
            }
        }
    }

    /// Whoever writes a part of a film as files writes these sheets, and the playlist where there is one.
    @Test func sheetsOfPartsAreThoseThatAreNamed() throws {
        for (segments, sheets, isListed) in [
            (0..<6, [1, 2], true), (0..<3, [1], true), (4..<6, [2], true), (1..<6, [1, 2], false), (5..<6, [2], false),
        ] {
            let part = Self.film(segments)
            let shown = try #require(part.shownSheets.first)
            #expect(shown.name == "thumbnails" && shown.isListed == isListed)
            #expect(shown.addresses == sheets.map { "v1/clear/jpeg/thumbnails/\($0).jpg" })
            #expect(shown.playlistAddress == "v1/clear/jpeg/thumbnails/media.m3u8")
            #expect(try (part.imagePlaylist(of: "thumbnails") != nil) == isListed)
            #expect(part.tracks(.image).allSatisfy { $0.segmentAddresses.isEmpty })
        }
    }

    @Test func otherFormatsDoNotKnowThem() throws {
        #expect(try !Self.film().muxedMultivariantPlaylist().contains("IMAGE"))
    }
}
