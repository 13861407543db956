import Foundation
import TestSupport
import Testing

/// What is not served as it is, is refused with the file, the place and the reason, and leaves nothing.
@Suite(.waiting) struct UploadRefusalTests {
    enum BadSet: String, CaseIterable {
        case text, cut, unknownCodec, differentKeyFrames, trimmedBetweenKeyFrames, missing

        var exit: Int32 { self == .missing ? 66 : 65 }

        var words: [String] {
            switch self {
            case .text: ["film.mp4", "does not begin as an MP4 file does"]
            case .cut: ["film.mp4", "are left (at byte"]
            case .unknownCodec: ["old.mp4", "'mp4v'", "avc1, avc3, hvc1", "at byte"]
            case .differentKeyFrames: ["one.mp4", "other.mp4", "at 1.000 s"]
            case .trimmedBetweenKeyFrames: ["film.mp4", "between two key frames", "--cut earlier", "keyway encode"]
            case .missing: ["film.mp4"]
            }
        }

        func make(_ folder: Folder) throws -> [String] {
            let clip = Programs.clip("bbb_prog_10s.mp4")
            func ffmpeg(_ name: String, _ arguments: String...) throws -> String {
                let path = folder.path + "/" + name
                let outcome = try run(Programs.outside("ffmpeg"), ["-v", "error", "-y"] + arguments + [path])
                guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
                return path
            }
            func encoded(_ name: String, keyEvery interval: Int) throws -> String {
                try ffmpeg(
                    name, "-i", clip, "-an", "-s", "160x120", "-c:v", "libx264", "-preset", "veryfast", "-x264-params",
                    "keyint=\(interval):min-keyint=\(interval):scenecut=0")
            }
            switch self {
            case .text: return [try folder.write("film.mp4", Data("This is not a film.\n".utf8))]
            case .cut:
                let bytes = try Data(contentsOf: URL(fileURLWithPath: clip))
                return [try folder.write("film.mp4", bytes.prefix(bytes.count - 100))]
            case .unknownCodec: return [clip, try ffmpeg("old.mp4", "-i", clip, "-an", "-t", "1", "-c:v", "mpeg4")]
            case .differentKeyFrames:
                return [try encoded("one.mp4", keyEvery: 24), try encoded("other.mp4", keyEvery: 31)]
            case .trimmedBetweenKeyFrames: return [try ffmpeg("film.mp4", "-ss", "3.1", "-i", clip, "-c", "copy")]
            case .missing: return [folder.path + "/film.mp4"]
            }
        }
    }

    @Test(arguments: BadSet.allCases)
    func endsInAClearErrorAndLeavesNothing(set: BadSet) throws {
        let data = try DataFolder()
        let folder = try Folder()
        let arguments = ["asset", "upload", "film"] + (try set.make(folder))
        let outcome = try run(Programs.own("keyway"), arguments, environment: data.environment)
        #expect(outcome.status == set.exit, "\(outcome.errors)")
        for words in set.words { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
        #expect(outcome.errors.count < 2000)
        #expect(try data.assets() == [])
        #expect(!data.mediaFiles().contains { $0.hasSuffix(".cmaf") || $0.hasSuffix(".index") })
    }

    @Test func overTheAdminAPIAServerMustBeThere() throws {
        let data = try DataFolder(environment: ["KEYWAY_URL": "https://127.0.0.1:1", "KEYWAY_TOKEN": "x"])
        let outcome = try data.keyway("asset", "upload", "film", Programs.clip("exo_sample.mp4"))
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("cannot reach https://127.0.0.1:1"))
    }

    /// A server that works on the folder runs the job; warnings come through the catalog.
    @Test func aServerRunsUploadsToo() throws {
        let data = try DataFolder()
        let server = try RunningServer(data)
        defer { server.stop() }
        let answer = try data.must(
            "asset", "upload", "film", Programs.clip("interview_184k.mp4"), Programs.clip("interview_283k.mp4"),
            "--json"
        ).json()
        #expect((answer["tracks"] as? [Any])?.count == 3)
        #expect((answer["warnings"] as? [String])?.count == 1)
    }
}
