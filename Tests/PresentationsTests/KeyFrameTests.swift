import Foundation
import Testing

@testable import Presentations

@Suite struct KeyFrameTests {
    private func track(_ frames: [PresentedKeyFrame]) -> PresentedTrack {
        var track = Fixtures.video(360)
        track.keyFrames = frames
        return track
    }

    @Test func eachLastsUntilTheNext() throws {
        let film = Fixtures.scrubbed(Fixtures.fragmented)
        let video = film.tracks[0]
        // The timescale is 12,800; the last segment has half the length, and its picture is shown 1,024 units late.
        #expect(video.keyFrameDurations == [2_000_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000, 920_000])
    }

    /// What lies in no segment, or before what came before it, is not listed.
    @Test(arguments: [
        [], [PresentedKeyFrame(segment: 6, presentationTime: 0, bytes: 0..<1)],
        [PresentedKeyFrame(segment: -1, presentationTime: 0, bytes: 0..<1)],
        [PresentedKeyFrame(segment: 0, presentationTime: 0, bytes: 5..<5)],
        [PresentedKeyFrame(segment: 0, presentationTime: .max, bytes: 0..<5)],
        [
            PresentedKeyFrame(segment: 0, presentationTime: 5, bytes: 0..<5),
            PresentedKeyFrame(segment: 0, presentationTime: 5, bytes: 5..<6),
        ],
        [
            PresentedKeyFrame(segment: 0, presentationTime: 5, bytes: 0..<5),
            PresentedKeyFrame(segment: 0, presentationTime: 6, bytes: 4..<6),
        ],
        [
            PresentedKeyFrame(segment: 1, presentationTime: 5, bytes: 0..<5),
            PresentedKeyFrame(segment: 0, presentationTime: 6, bytes: 6..<7),
        ],
    ])
    func whatContradictsTheTrackIsRefused(frames: [PresentedKeyFrame]) {
        #expect(throws: PresentationError.self) { try track(frames).keyFramePlaylist() }
    }

    /// Range and codecs as of the variant whose key frames they are.
    @Test func picturesAreDescribedAsThoseOfVariants() throws {
        var film = Fixtures.manyCodecs()
        for number in 0..<3 {
            film.tracks[number].addresses.keyFramePlaylist = "{track}/iframes.m3u8"
            film.tracks[number].keyFrames = [PresentedKeyFrame(segment: 0, presentationTime: 0, bytes: 0..<100)]
        }
        let lines = try film.multivariantPlaylist().split(separator: "\n").map(String.init)
        func said(_ tag: String) -> Set<[String]> {
            Set(
                lines.filter { $0.hasPrefix("#\(tag):") }.map { line in
                    ["VIDEO-RANGE", "SUPPLEMENTAL-CODECS", "RESOLUTION"].map { name in
                        line.components(separatedBy: ",\(name)=").dropFirst().first?.components(separatedBy: ",")[0]
                            ?? ""
                    }
                })
        }
        #expect(said("EXT-X-I-FRAME-STREAM-INF") == said("EXT-X-STREAM-INF"))
        #expect(said("EXT-X-I-FRAME-STREAM-INF").contains(["PQ", "\"dvh1.08.06/db1p\"", "1280x720"]))
    }

    @Test func soundIsNotListed() throws {
        let text = try Fixtures.scrubbed(Fixtures.transportStream).multivariantPlaylist()
        #expect(text.components(separatedBy: "#EXT-X-I-FRAME-STREAM-INF:").count == 3)
        #expect(!text.contains("audio-de/iframes.m3u8"))
    }
}
