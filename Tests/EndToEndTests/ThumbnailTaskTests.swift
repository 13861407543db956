import Foundation
import Glibc
import TestSupport
import Testing

/// Thumbnails and poster that a transform adds to what is there: to files that were taken as they are, to what the same job
/// encodes, and to films that are encoded in pieces. The films tell their time by their colour.
@Suite(.serialized, .waiting) struct ThumbnailTaskTests {
    private static let documents = """
        kind: DeliveryPolicy
        name: open
        protocols: [hls, dash, progressive]
        encryption: none
        ---
        kind: Transform
        name: pictures
        tasks:
          - kind: thumbnails
            thumbnails: { interval: 2s, width: 160, columns: 3, rows: 2 }
            poster: 8s
          - { kind: verify, after: [thumbnails], deliveryPolicies: [open] }
          - { kind: publish, after: [verify], deliveryPolicies: [open] }
        ---
        kind: Transform
        name: whole
        tasks:
          - kind: encode
            preset:
              video: { renditions: [{ width: 160, height: 90, bitrate: 200k }] }
              audio: [{ codec: aac, channels: 2 }]
          - { kind: thumbnails, after: [encode], thumbnails: { interval: 2s, width: 160, columns: 3, rows: 2 } }
          - { kind: verify, after: [thumbnails], deliveryPolicies: [open] }
          - { kind: publish, after: [verify], deliveryPolicies: [open] }
        ---
        kind: AuthorizationPolicy
        name: everybody
        options: [{ name: all, delivery: [clearkey], restrictions: [open] }]
        ---
        kind: DeliveryPolicy
        name: closed
        protocols: [dash]
        encryption: cenc
        ---
        kind: Transform
        name: nobody
        tasks:
          - { kind: thumbnails, poster: 1s }
          - { kind: publish, after: [thumbnails], verify: off, deliveryPolicies: [closed] }
        ---
        kind: Transform
        name: guarded
        tasks:
          - { kind: thumbnails, poster: 1s }
          - kind: publish
            after: [thumbnails]
            verify: off
            deliveryPolicies: [closed]
            authorizationPolicy: everybody

        """

    private let data: DataFolder

    init() throws {
        data = try DataFolder()
        try data.must("apply", data.folder.write("t.yaml", Data(Self.documents.utf8)))
    }

    /// 34 s with sound, whose pictures refer to later ones.
    private func film(_ name: String = "film.mp4", seconds: Int = 34) throws -> String {
        let file = data.folder.url(name).path
        let picture =
            "nullsrc=s=16x10:r=10:d=\(seconds),format=rgb24,geq=r='20+40*mod(floor(T+0.001),6)':"
            + "g='20+40*floor(mod(T+0.001,36)/6)':b=60,scale=160:90:flags=neighbor,setsar=1"
        let made = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=d=\(seconds)", "-c:v",
                "libx264",
                "-preset", "veryfast", "-bf", "3", "-g", "20", "-qp", "4", "-pix_fmt", "yuv420p", "-c:a", "aac", file,
            ])
        try #require(made.status == 0, "\(made.errors)")
        return file
    }

    private func submit(_ transform: String, _ asset: String, _ files: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"),
            ["job", "submit", "--transform", transform, "--asset", asset, "--json"] + files,
            environment: data.environment)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require((try outcome.json()["job"] as? [String: Any])?["id"] as? String)
    }

    private func task(_ name: String, of id: String) throws -> [String: Any] {
        let tasks = try data.must("job", "show", id, "--json").json()["tasks"] as? [[String: Any]] ?? []
        return try #require(tasks.first { $0["name"] as? String == name })
    }

    private func tracks(_ asset: String) throws -> [String] {
        let shown = try data.must("asset", "show", asset, "--json").json()
        return (shown["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    private func presentation(_ asset: String, _ server: RunningServer) throws -> String {
        let locators = try data.must("locator", "list", "--json").json()["locators"] as? [[String: Any]] ?? []
        let id = try #require(locators.first { $0["asset"] as? String == asset }?["id"] as? String)
        return "\(server.origin)/\(id)/\(asset).ism"
    }

    /// The colour of each thumbnail that `thumbnails.vtt` names, cut out by FFmpeg.
    private func colours(_ base: String) throws -> [(start: Double, colour: [Int])] {
        let answer = try curl("\(base)/thumbnails.vtt")
        try #require(answer.status == 200)
        let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
        var found: [(Double, [Int])] = []
        for (number, line) in lines.enumerated() where line.contains("-->") {
            let clock = try #require(line.split(separator: " ").first).split(separator: ":").compactMap { Double($0) }
            let parts = lines[number + 1].components(separatedBy: "#xywh=")
            let place = parts[1].split(separator: ",").compactMap { Int($0) }
            let sheet = try data.folder.write("sheet.jpg", try curl("\(base)/\(parts[0])").body)
            let cell = "crop=8:8:\(place[0] + place[2] / 2):\(place[1] + place[3] / 2),scale=1:1"
            found.append((clock.reduce(0) { $0 * 60 + $1 }, try pixel(sheet, cell)))
        }
        return found
    }

    private func pixel(_ file: String, _ filter: String) throws -> [Int] {
        let raw = data.folder.path + "/\(UUID().uuidString).rgb"
        let cut = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error", "-i", file, "-frames:v", "1", "-vf", filter, "-pix_fmt", "rgb24", "-f", "rawvideo", raw])
        try #require(cut.status == 0, "\(cut.errors)")
        return try Data(contentsOf: URL(fileURLWithPath: raw)).map(Int.init)
    }

    private func isNear(_ colour: [Int], second: Int) -> Bool {
        zip(colour, [20 + 40 * (second % 6), 20 + 40 * (second % 36 / 6), 60]).allSatisfy { abs($0 - $1) < 18 }
    }

    private func checkEveryTwoSeconds(_ base: String) throws {
        let shown = try colours(base)
        #expect(shown.count == 17)
        for (number, cue) in shown.enumerated() {
            #expect(cue.start == Double(number * 2))
            #expect(isNear(cue.colour, second: number * 2), "\(number): \(cue.colour)")
        }
    }

    /// What was uploaded as it is gets pictures by a job without files, over a server that is killed meanwhile; what is stored is
    /// stored once.
    @Test func anUploadGetsThem() throws {
        try data.must("asset", "upload", "film", film())
        #expect(try tracks("film").count == 2)
        let id = try submit("pictures", "film")
        let first = try RunningServer(data)
        #expect(try eventually { try task("thumbnails", of: id)["state"] as? String != "queued" })
        first.stop(SIGKILL)
        let server = try RunningServer(data)
        defer { server.stop() }
        try data.must("job", "watch", id)
        let result = try task("thumbnails", of: id)["result"] as? [String: String] ?? [:]
        #expect(result["from"] == "1" && result["tracks"] == "thumbnails, poster")
        // A number that a killed server had taken is not given again.
        let version = try #require(result["version"])
        let versions = try data.must("asset", "versions", "film", "--json").json()["versions"] as? [[String: Any]]
        #expect(versions?.compactMap { $0["number"] as? Int } == [1, Int(version)])
        #expect(try tracks("film").suffix(2) == ["thumbnails", "poster"])
        let base = try presentation("film", server)
        try checkEveryTwoSeconds(base)
        let poster = try data.folder.write("poster.jpg", try curl("\(base)/poster.jpg").body)
        #expect(isNear(try pixel(poster, "crop=8:8:80:45,scale=1:1"), second: 8))
        #expect(try curl("\(base)/manifest(format=mpd-time-cmaf)").status == 200)
        // The film's own bytes are not there twice.
        let files = data.mediaFiles()
        #expect(!files.contains { $0.hasPrefix("staging/") }, "\(files)")
        for track in 0..<2 {
            let links = try ["1", version].map { number in
                let path = "\(data.folder.path)/media/assets/film/v\(number)/track-\(track).cmaf"
                return try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
            }
            #expect(links[0] != nil && links[0] == links[1])
        }
        #expect(try data.must("asset", "verify", "film", "--json").status == 0)
        // The version before is served as it was.
        try data.must("asset", "rollback", "film", "--to", "1")
        #expect(try eventually { try curl("\(base)/poster.jpg").status == 404 })
        #expect(try curl("\(base)/manifest(format=mpd-time-cmaf)").status == 200)
    }

    /// What the same job encoded; and again, with the pictures that there are replaced.
    @Test func whatAJobEncodesGetsThem() throws {
        let id = try submit("whole", "film", film())
        try data.must("job", "watch", id)
        let server = try RunningServer(data)
        defer { server.stop() }
        let base = try presentation("film", server)
        try checkEveryTwoSeconds(base)
        #expect(try curl("\(base)/poster.jpg").status == 404)
        let again = try submit("pictures", "film")
        try data.must("job", "watch", again)
        #expect(try tracks("film").filter { $0 == "thumbnails" }.count == 1)
        #expect(try eventually { try curl("\(base)/poster.jpg").status == 200 })
        try checkEveryTwoSeconds(base)
        let versions = try data.must("asset", "versions", "film", "--json").json()["versions"] as? [[String: Any]]
        #expect(versions?.compactMap { $0["number"] as? Int } == [1, 2, 3])
    }

    /// Sound has no pictures, and an asset that is not there none either; the reason says so, and nothing is left.
    @Test func whatHasNoPicturesIsRefused() throws {
        let sound = data.folder.url("sound.mp4").path
        try run(Programs.outside("ffmpeg"), ["-v", "error", "-f", "lavfi", "-i", "sine=d=3", "-c:a", "aac", sound])
        try data.must("asset", "upload", "sound", sound)
        let refused = try data.keyway("job", "watch", try submit("pictures", "sound"))
        #expect(refused.status != 0 && refused.errors.contains("has no video: thumbnails and poster are made of one"))
        let missing = try data.keyway("job", "submit", "--transform", "pictures", "--asset", "nothing")
        #expect(missing.status == 66 && missing.errors.contains("there is no asset 'nothing'"), "\(missing.errors)")
        let files = try data.keyway("job", "submit", "--transform", "pictures", "--asset", "sound", sound)
        #expect(files.status != 0 && files.errors.contains("encodes nothing: it takes no files"), "\(files.errors)")
        let none = try data.keyway("job", "submit", "--transform", "whole", "--asset", "sound")
        #expect(none.status != 0 && none.errors.contains("encodes a file: name one"), "\(none.errors)")
        let versions = try data.must("asset", "versions", "sound", "--json").json()["versions"] as? [[String: Any]]
        #expect(versions?.count == 1)
        #expect(!data.mediaFiles().contains { $0.hasPrefix("staging/") })
    }

    /// A protected film whose policy says nothing of pictures: who made them is told that nobody gets them.
    @Test func picturesThatNobodyGetsAreSaid() throws {
        try data.must("asset", "upload", "film", film(seconds: 4))
        let refused = try data.keyway("job", "watch", try submit("nobody", "film"))
        #expect(refused.status == 65 && refused.errors.contains("'authorizationPolicy'"), "\(refused.errors)")
        let done = try data.must("job", "watch", try submit("guarded", "film"))
        let words = "nobody gets poster of version"
        #expect(done.text.contains(words) && done.text.contains("(closed)"), "\(done.text)")
        let shown = try data.must("asset", "show", "film")
        #expect(shown.text.contains("warning: \(words)"), "\(shown.text)")
        #expect((try data.must("asset", "show", "film", "--json").json()["warnings"] as? [String])?.count == 1)
        // Whoever publishes it so hears it as well; where a policy lets them out, nobody does.
        #expect(try data.must("publish", "film", "--delivery", "closed").text.contains(words))
        #expect(try !data.must("publish", "film", "--delivery", "open").text.contains(words))
        #expect(try !data.must("asset", "show", "film").text.contains(words))
    }

    /// Operators see the poster of what is served, whatever policies let out; each look is written down.
    @Test func operatorsSeeThePoster() throws {
        let site = try OriginalSite()
        defer { site.server.stop() }
        let file = try film("short.mp4", seconds: 3)
        try site.data.must("encode", file, "--asset", "film", "--poster", "1")
        let address = "\(site.server.admin)/v1/assets/film/poster"
        func ask(_ role: String, _ options: String...) throws -> Answer {
            try curlWith(address, ["-H", "Authorization: Bearer \(site.tokens[role] ?? "")"] + options)
        }
        func looks() throws -> Int {
            try site.data.must("audit", "tail", "--lines", "1000").text.components(separatedBy: "assetPosterRead").count
                - 1
        }
        #expect(try curl(address).status == 401)
        #expect(try ask("reader").status == 403)
        #expect(try looks() == 0)
        let poster = try ask("operator")
        #expect(poster.status == 200 && poster.headers["content-type"] == "image/jpeg")
        #expect(poster.headers["cache-control"] == "no-store" && poster.headers["x-content-type-options"] == "nosniff")
        let shown = try data.folder.write("poster.jpg", poster.body)
        #expect(isNear(try pixel(shown, "crop=8:8:80:45,scale=1:1"), second: 1))
        #expect(try looks() == 1)
        let tag = try #require(poster.headers["etag"])
        #expect(try ask("operator", "-H", "If-None-Match: \(tag)").status == 304)
        let head = try ask("operator", "-I")
        #expect(head.status == 200 && head.headers["content-length"] == "\(poster.body.count)")
        #expect(try looks() == 1)
        let answer = try curlWith(
            "\(site.server.admin)/v1/assets", ["-H", "Authorization: Bearer \(site.tokens["reader"] ?? "")"])
        let list = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        #expect((list?["assets"] as? [[String: Any]])?.first?["poster"] as? Bool == true)
        // A version without one, and then a file that is not what was written.
        try site.data.must("encode", file, "--asset", "film")
        #expect(try ask("operator").status == 404)
        try site.data.must("asset", "rollback", "film", "--to", "1")
        let stored = site.data.mediaFiles().filter { $0.contains("film/v1/") && $0.hasSuffix(".cmaf") }.max()
        let path = "\(site.data.folder.path)/media/\(try #require(stored))"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[20] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try ask("operator").status >= 500)
        #expect(try looks() == 1)
    }

    /// A film that several encoders make has the pictures that one would have made.
    @Test func filmsInPiecesHaveThem() throws {
        let file = try film()
        let preset = try data.folder.write(
            "preset.yaml",
            Data(
                """
                kind: EncodingPreset
                name: small
                video: { renditions: [ { width: 160, height: 90, bitrate: 200k } ] }
                audio: [{ codec: aac, channels: 2 }]
                thumbnails: { interval: 2s, width: 160, columns: 3, rows: 2 }
                poster: 8s
                """.utf8))
        let made = try data.must(
            "encode", file, "--asset", "film", "--preset-file", preset, "--split", "10s", "--json")
        let jobs = try data.must("job", "list", "--asset", "film", "--json").json()["jobs"] as? [[String: Any]]
        let id = try #require(jobs?.first?["id"] as? String)
        let result = try task("encode", of: id)["result"] as? [String: String] ?? [:]
        #expect(result["pieces"] == "3", "\(result) \(made.text)")
        #expect(try tracks("film").suffix(2) == ["thumbnails", "poster"])
        try data.must("publish", "film", "--delivery", "open")
        let server = try RunningServer(data)
        defer { server.stop() }
        let base = try presentation("film", server)
        try checkEveryTwoSeconds(base)
        let poster = try data.folder.write("poster.jpg", try curl("\(base)/poster.jpg").body)
        #expect(isNear(try pixel(poster, "crop=8:8:80:45,scale=1:1"), second: 8))
    }
}
