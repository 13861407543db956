import Foundation
import MovieFiles
import Testing

/// Renditions of a set have their segments at the same times, or are refused.
@Suite struct AlignmentTests {
    @Test func theSetOfTheInterviewIsAligned() throws {
        let files = try ["184k", "283k", "350k"].map { ("\($0).mp4", try Clips.file("interview_\($0).mp4")) }
        let uploaded = try Uploaded(files)
        #expect(uploaded.tracks.map { $0.name.prefix(5) } == ["video", "video", "video", "audio", "audio"])
        let starts = uploaded.tracks.prefix(3).map { $0.segments.map(\.decodeTime) }
        #expect(starts[0] == [1019, 151_019, 301_019])
        #expect(starts.allSatisfy { $0 == starts[0] })
        #expect(uploaded.warnings == ["283k.mp4: track 1 (audio) is the same as track 1 of 184k.mp4: kept once"])
    }

    @Test func commonKeyFramesAreUsed() throws {
        let uploaded = try Uploaded([
            ("often.mp4", try Clips.made(Clips.x264(keyEvery: 24), seconds: 9)),
            ("seldom.mp4", try Clips.made(Clips.x264(keyEvery: 72), seconds: 9, size: "96x96")),
        ])
        let videos = uploaded.tracks.filter { $0.name.hasPrefix("video") }
        for video in videos {
            #expect(video.segments.map { Double($0.decodeTime) / Double(video.timescale) } == [0, 3, 6])
        }
        // The tone is the same in both.
        #expect(uploaded.tracks.count == 3)
        #expect(uploaded.warnings.count == 1)
    }

    @Test func differentTimescalesAreNoDifference() throws {
        let uploaded = try Uploaded([
            ("one.mp4", try Clips.made(Clips.x264(keyEvery: 24) + ["-video_track_timescale", "90007"], seconds: 5)),
            ("other.mp4", try Clips.made(Clips.x264(keyEvery: 24), seconds: 5, size: "96x96")),
        ])
        #expect(uploaded.tracks.filter { $0.name.hasPrefix("video") }.allSatisfy { $0.segments.count == 3 })
    }

    @Test func keyFramesThatDifferAreRefused() throws {
        let error = #expect(throws: MovieError.self) {
            try Uploaded([
                ("one.mp4", try Clips.made(Clips.x264(keyEvery: 24), seconds: 9)),
                ("other.mp4", try Clips.made(Clips.x264(keyEvery: 31), seconds: 9, size: "96x96")),
            ])
        }
        #expect(error?.code == .notAligned)
        #expect(error?.reason.contains("at 1.000 s") == true)
        #expect(error?.reason.contains("one.mp4") == true)
        #expect(error?.reason.contains("other.mp4") == true)
    }

    @Test func longGroupsAreServedWithAWarning() throws {
        let uploaded = try Uploaded(Clips.made(Clips.x264(keyEvery: 200), seconds: 9))
        #expect(uploaded.tracks[0].segments.count == 2)
        #expect(uploaded.warnings.count == 1)
    }
}
