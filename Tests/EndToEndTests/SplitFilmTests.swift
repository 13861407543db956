import Foundation
import TestSupport
import Testing

/// A film in pieces, through the whole program: whoever makes the pieces, the film is the same.
@Suite(.waiting) struct SplitFilmTests {
    @Test func oneEncoderAndSeveralMakeTheSameFilm() throws {
        let data = try DataFolder(environment: ["KEYWAY_WORKER_ENCODERS": "3"])
        let clear = "kind: DeliveryPolicy\nname: clear\nprotocols: [progressive]\nencryption: none\n"
        try data.must("apply", try data.folder.write("clear.yaml", Data(clear.utf8)))
        let film = data.folder.path + "/film.mp4"
        let made = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=25", "-f", "lavfi", "-i",
                "sine=duration=25", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", film,
            ])
        try #require(made.status == 0, "\(made.errors)")
        let server = try RunningServer(data)
        defer { server.stop() }
        var films: [Data] = []
        for count in ["1", "3"] {
            let asset = "by-\(count)"
            try data.must("encode", film, "--asset", asset, "--split", "10s", "--encoders", count)
            let jobs = try data.must("job", "list", "--asset", asset, "--json").json()["jobs"] as? [[String: Any]]
            let job = try data.must("job", "show", try #require(jobs?.first?["id"] as? String), "--json").json()
            let results = (job["tasks"] as? [[String: Any]])?.compactMap { $0["result"] as? [String: String] }
            #expect(results?.first?["pieces"] == "3")
            let published = try data.must("publish", asset, "--delivery", "clear", "--json").json()
            let streams = published["streams"] as? [[String: Any]]
            let url = try #require(streams?.first?["url"] as? String)
            let path = try #require(URL(string: url)?.path)
            films.append(try curl(server.origin + path).body)
        }
        #expect(films[0].count > 100_000)
        #expect(try frames(films[0], data.folder) == frames(films[1], data.folder))
        #expect(films[0] == films[1])
    }

    private func frames(_ film: Data, _ folder: Folder) throws -> [Substring] {
        let file = try folder.write("one.mp4", film)
        let told = try run(Programs.outside("ffmpeg"), ["-v", "error", "-i", file, "-f", "framemd5", "-"])
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        let frames = told.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(frames.count > 625)
        return frames
    }
}
