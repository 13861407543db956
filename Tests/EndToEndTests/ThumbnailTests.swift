import Foundation
import TestSupport
import Testing

/// Thumbnails and posters from the encoder to the player: what is served, to whom, and what a browser sees. The film tells
/// its time by its colour.
@Suite(.waiting) struct ThumbnailTests {
    private final class ThumbnailSite: Sendable {
        static let shared = Result { try ThumbnailSite() }

        let data: DataFolder
        let server: RunningServer
        /// Locators: in the clear, protected without a word about pictures, with the poster alone, and with all pictures.
        let open: String
        let closed: String
        let poster: String
        let told: String

        private init() throws {
            data = try DataFolder()
            let film = data.folder.url("film.mp4").path
            let picture =
                "nullsrc=s=16x10:r=10:d=34,format=rgb24,geq=r='20+40*mod(floor(T+0.001),6)':"
                + "g='20+40*floor(mod(T+0.001,36)/6)':b=60,scale=160:90:flags=neighbor,setsar=1"
            try run(
                Programs.outside("ffmpeg"),
                [
                    "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=d=34", "-c:v", "libx264",
                    "-preset", "ultrafast", "-qp", "4", "-pix_fmt", "yuv420p", "-c:a", "aac", film,
                ])
            let preset = try data.folder.write(
                "preset.yaml",
                Data(
                    """
                    kind: EncodingPreset
                    name: small
                    video: { renditions: [ { width: 160, height: 90, bitrate: 200k } ] }
                    thumbnails: { interval: 2s, width: 160, columns: 3, rows: 2 }
                    poster: 8s
                    """.utf8))
            try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            let policies = try data.folder.write(
                "policies.yaml",
                Data(
                    """
                    { kind: DeliveryPolicy, name: open, protocols: [hls, dash, smooth, progressive], encryption: none }
                    --- { kind: DeliveryPolicy, name: closed-hls, protocols: [hls], encryption: cbcs }
                    --- { kind: DeliveryPolicy, name: closed-dash, protocols: [dash], encryption: cenc }
                    --- { kind: DeliveryPolicy, name: poster, protocols: [hls], encryption: cbcs, pictures: poster }
                    --- { kind: DeliveryPolicy, name: told, protocols: [dash], encryption: cenc, pictures: all }
                    --- { kind: Filter, name: second-sheet, presentationTimeRange: { startTimestamp: 12, timescale: 1 } }
                    --- { kind: Filter, name: within, presentationTimeRange: { startTimestamp: 4, endTimestamp: 16, timescale: 1 } }
                    --- { kind: Filter, name: pictures, tracks: [ { trackSelections: [ { property: Type, operation: Equal, value: video } ] } ] }
                    """.replacing("--- ", with: "---\n").utf8))
            try data.must("apply", "Policies", "Keys", policies)
            try data.must("encode", film, "--asset", "film", "--preset-file", preset)
            server = try RunningServer(data)
            let (data, origin) = (data, server.origin)
            func publish(_ policies: [String]) throws -> String {
                let made = try data.must(
                    "publish", "film", "--auth", "demo-viewers", "--delivery", policies[0],
                    "--delivery", policies.count > 1 ? policies[1] : policies[0], "--json"
                ).json()
                return "\(origin)/\(made["locator"] as? String ?? "")/film.ism"
            }
            let clear = try data.must("publish", "film", "--delivery", "open", "--json").json()
            open = "\(origin)/\(clear["locator"] as? String ?? "")/film.ism"
            closed = try publish(["closed-hls", "closed-dash"])
            poster = try publish(["poster", "closed-dash"])
            told = try publish(["closed-hls", "told"])
        }

        static func colour(_ second: Int) -> [Int] { [20 + 40 * (second % 6), 20 + 40 * (second % 36 / 6), 60] }
    }

    private let site: ThumbnailSite

    init() throws {
        site = try ThumbnailSite.shared.get()
    }

    private func text(_ url: String) throws -> String {
        let answer = try curl(url)
        #expect(answer.status == 200, "\(url)")
        return String(decoding: answer.body, as: UTF8.self)
    }

    @Test(arguments: ["m3u8-aapl", "m3u8-cmaf"])
    func imagePlaylistsFollowTheRules(format: String) throws {
        let script = Programs.repository.appendingPathComponent("Tests/HLS/check.py").path
        for (filter, images) in [("", 3), (",filter=second-sheet", 2), (",filter=within", 0), (",filter=pictures", 0)] {
            let outcome = try run(
                Programs.outside("python"), [script, "\(site.open)/manifest(format=\(format)\(filter))"])
            let report = try outcome.json()
            #expect(report["broken"] as? [String] == [])
            #expect((report["seen"] as? [String: Any])?["images"] as? Int ?? 0 == images, "\(filter)")
        }
        #expect(try curl("\(site.open)/v1/clear/jpeg/thumbnails/media(filter=within).m3u8").status == 404)
    }

    @Test(arguments: ["mpd-time-cmaf", "mpd-time-csf"])
    func setsOfTilesFollowTheSchema(format: String) throws {
        let folder = try Folder()
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        for (number, filter) in ["", ",filter=second-sheet", ",filter=within", ",filter=pictures"].enumerated() {
            let manifest = try text("\(site.open)/manifest(format=\(format)\(filter))")
            let file = try folder.write("\(number).mpd", Data(manifest.utf8))
            let checked = try run(
                Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", file],
                environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
            #expect(checked.status == 0, "\(checked.errors)")
            #expect(manifest.contains("thumbnail_tile") == (filter != ",filter=pictures"))
            #expect(manifest.contains("startNumber=\"2\"") == (filter == ",filter=second-sheet"))
        }
    }

    private struct Shown: Decodable {
        struct Cue: Decodable {
            var start: Double
            var end: Double
            var colour: [Int]
            var sheet: [Int]
        }
        struct Player: Decodable {
            var hidden: Bool
            var size: [Int]
            var errors: [String]
            var time: String
            var poster: String
        }
        var cues: [Cue]
        var poster: [Int]?
        var player: Player?
    }

    /// Chromium reads the track, loads the sheets and cuts the pictures out of them: of the whole film, and of a part whose
    /// times begin anew.
    @Test(arguments: [("", 0, 17), ("(filter=within)", 4, 6)])
    func aBrowserSeesTheFilmAtEachTime(filter: String, first: Int, count: Int) throws {
        let stream = "\(site.open)/manifest(format=m3u8-cmaf)"
        let player = "\(site.server.admin)/console/play/#url=\(stream)"
        let outcome = try run(
            Programs.outside("python3"),
            [
                Programs.repository.appendingPathComponent("Tests/Browser/thumbnails.py").path, "--url",
                "\(site.open)/thumbnails\(filter).vtt", "--player", filter.isEmpty ? player : "", "--poster",
                "\(site.open)/poster.jpg", "--chromedriver",
                Programs.outside("chromedriver"), "--chromium", Programs.outside("chromium"),
            ])
        try #require(outcome.status == 0, "\(outcome.text) \(outcome.errors)")
        let shown = try JSONDecoder().decode(Shown.self, from: outcome.output)
        #expect(shown.poster == [160, 90])
        #expect(shown.cues.count == count)
        if let player = shown.player {
            #expect(!player.hidden && player.size == [160, 90] && ["0:16", "0:17"].contains(player.time))
            #expect(player.errors == [] && player.poster == "\(site.open)/poster.jpg")
        }
        #expect((shown.player == nil) == !filter.isEmpty)
        for (number, cue) in shown.cues.enumerated() {
            #expect(cue.start == Double(number * 2) && cue.end == Double(number * 2 + 2))
            #expect(cue.sheet == [480, 180])
            let told = ThumbnailSite.colour(first + number * 2)
            #expect(zip(cue.colour, told).allSatisfy { abs($0 - $1) < 18 }, "\(number): \(cue.colour)")
        }
    }

    @Test func sheetsAreFilesAsCachesWantThem() throws {
        let sheet = "\(site.open)/v1/clear/jpeg/thumbnails/1.jpg"
        let whole = try curl(sheet)
        #expect(whole.status == 200 && whole.headers["content-type"] == "image/jpeg")
        #expect(whole.headers["cache-control"]?.contains("immutable") == true)
        #expect(try curl(sheet, "-r", "0-2").body == Data([0xFF, 0xD8, 0xFF]))
        #expect(try curl(sheet, "-r", "7-99").body == whole.body[7..<100])
        let tag = try #require(whole.headers["etag"])
        #expect(try curl(sheet, "-H", "If-None-Match: \(tag)").status == 304)
        let head = try curl(sheet, "-I")
        #expect(head.headers["content-length"] == "\(whole.body.count)")
        #expect(try curl("\(site.open)/v1/clear/jpeg/thumbnails/4.jpg").status == 404)
        #expect(try curl("\(site.open)/v2/clear/jpeg/thumbnails/1.jpg").status == 404)
        #expect(try curl("\(site.open)/v1/clear/jpeg/poster/1.jpg").status == 404)
        // They are no media of any other container.
        for path in ["cmaf/thumbnails/init.mp4", "cmaf/thumbnails/0.m4s", "ts/thumbnails/media.m3u8"] {
            #expect(try curl("\(site.open)/v1/clear/\(path)").status == 404, "\(path)")
        }
        let poster = try curl("\(site.open)/poster.jpg")
        #expect(poster.status == 200 && poster.headers["cache-control"] == "public, max-age=60, s-maxage=60")
    }

    private static let pictures = [
        "poster.jpg", "thumbnails.vtt", "v1/cbcs-aapl/jpeg/thumbnails/1.jpg", "v1/cenc/jpeg/thumbnails/1.jpg",
        "v1/clear/jpeg/thumbnails/1.jpg", "v1/cenc/jpeg/thumbnails/media.m3u8",
    ]

    /// A protected film shows none of its pictures, unless its policy says so.
    @Test func protectedFilmsShowWhatTheirPoliciesSay() throws {
        func statuses(_ locator: String) throws -> [Int] {
            try Self.pictures.map { try curl("\(locator)/\($0)").status }
        }
        #expect(try statuses(site.closed) == [403, 403, 403, 403, 403, 403])
        #expect(try statuses(site.poster) == [200, 403, 403, 403, 403, 403])
        // All pictures under the encryption of the policy that lets them out, and under no other; no playlist of HLS for DASH.
        #expect(try statuses(site.told) == [200, 200, 403, 200, 403, 403])
        let problem = try text403("\(site.closed)/poster.jpg")
        #expect(problem.contains("MPE_OUTPUT_FORMAT_BLOCKED"))
        for locator in [site.closed, site.poster, site.told] {
            #expect(try !text("\(locator)/manifest(format=m3u8-cmaf)").contains("IMAGE"))
        }
        #expect(try !text("\(site.closed)/manifest(format=mpd-time-cmaf)").contains("thumbnail_tile"))
        #expect(try text("\(site.told)/manifest(format=mpd-time-cmaf)").contains("v1/cenc/jpeg/$RepresentationID$"))
        #expect(try text("\(site.told)/thumbnails.vtt").contains("v1/cenc/jpeg/thumbnails/3.jpg#xywh=160,90,160,90"))
        // The same bytes: nothing encrypts them.
        #expect(
            try curl("\(site.told)/v1/cenc/jpeg/thumbnails/1.jpg").body
                == curl("\(site.open)/v1/clear/jpeg/thumbnails/1.jpg").body)
    }

    /// Whoever publishes is told of what leaves, and of nothing else.
    @Test func urlsArePrintedOfWhatLeaves() throws {
        let (both, none) = (["poster poster.jpg", "thumbnails thumbnails.vtt"], [String]())
        func said(_ report: [String: Any]) throws -> [String] {
            try (report["pictures"] as? [[String: String]] ?? []).map { picture in
                let url = try #require(picture["url"].flatMap { URL(string: $0) })
                #expect(try curl(site.server.origin + url.path).status == 200, "\(url)")
                return "\(picture["picture"] ?? "") \(url.lastPathComponent)"
            }
        }
        for (locator, expected) in [
            (site.open, both), (site.closed, none), (site.poster, [both[0]]), (site.told, both),
        ] {
            let id = String(locator.split(separator: "/")[2])
            #expect(try said(try site.data.must("locator", "show", id, "--json").json()) == expected)
            let text = try site.data.must("locator", "show", id).text
            #expect(text.contains("PICTURE") == !expected.isEmpty)
            #expect(text.contains("thumbnails.vtt") == (expected == both))
        }
        let published = try site.data.must("publish", "film", "--delivery", "open").text
        #expect(published.contains("/film.ism/poster.jpg") && published.contains("/film.ism/thumbnails.vtt"))
        // A filter that hides the thumbnails hides their URL; the poster stands for the film all the same.
        let filtered = try site.data.must(
            "publish", "film", "--delivery", "open", "--filter", "pictures", "--json"
        ).json()
        settle()
        #expect(try said(filtered) == [both[0]])
        let hidden = "\(site.server.origin)/\(filtered["locator"] as? String ?? "")/film.ism/thumbnails.vtt"
        #expect(try curl(hidden).status == 404)
    }

    private func text403(_ url: String) throws -> String {
        let answer = try curl(url)
        #expect(answer.status == 403)
        return String(decoding: answer.body, as: UTF8.self)
    }

    /// In storage they are encrypted as the tracks are.
    @Test func storedPicturesAreEncrypted() throws {
        let files = site.data.mediaFiles().filter { $0.hasSuffix(".cmaf") }
        #expect(files.count == 4)
        for file in files {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(site.data.folder.path)/media/\(file)"))
            #expect(bytes.prefix(3) != Data([0xFF, 0xD8, 0xFF]), "\(file)")
        }
        #expect(try site.data.must("asset", "verify", "film", "--json").status == 0)
    }

    /// A package has them as the origin answers them.
    @Test(arguments: [false, true])
    func packagesHaveThem(isProtected: Bool) throws {
        let base = isProtected ? site.told : site.open
        let output = try Folder()
        let encryption = isProtected ? ["--encryption", "cenc"] : []
        let format =
            isProtected ? ["--format", "mpd-time-cmaf"] : ["--format", "m3u8-cmaf", "--format", "mpd-time-cmaf"]
        let locator = String(base.split(separator: "/")[2])
        try run(
            Programs.own("keyway"),
            ["package", "film", "--locator", locator, "--output", output.path + "/p", "--keys-url", site.server.origin]
                + format + encryption, environment: site.data.environment)
        let word = isProtected ? "cenc" : "clear"
        var files = ["poster.jpg", "thumbnails.vtt"] + (1...3).map { "v1/\(word)/jpeg/thumbnails/\($0).jpg" }
        if !isProtected { files.append("v1/clear/jpeg/thumbnails/media.m3u8") }
        for file in files {
            let packaged = try? Data(contentsOf: output.url("p/\(file)"))
            #expect(try packaged == curl("\(base)/\(file)").body, "\(file)")
        }
    }

    /// A locator that is revoked, and an asset that is taken down, show nothing any more.
    @Test func whatIsGoneIsGone() throws {
        let data = site.data
        let made = try data.must("publish", "film", "--delivery", "open", "--json").json()
        let locator = try #require(made["locator"] as? String)
        let base = "\(site.server.origin)/\(locator)/film.ism"
        #expect(try curl("\(base)/poster.jpg").status == 200)
        try data.must("locator", "revoke", locator)
        settle()
        for path in ["poster.jpg", "thumbnails.vtt", "v1/clear/jpeg/thumbnails/1.jpg"] {
            #expect(try curl("\(base)/\(path)").status == 404, "\(path)")
        }
    }
}
