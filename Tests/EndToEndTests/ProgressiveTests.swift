import Foundation
import TestSupport
import Testing

/// Whole MP4 files made while they are sent: ffmpeg reads the frames and times of the source in them, and every range is a
/// slice of the whole.
@Suite(.waiting) struct ProgressiveTests {
    private final class Published: Sendable {
        static let shared = Result { try Published() }

        let data: DataFolder
        let server: RunningServer
        /// By asset: where files lie, without the ending, and what it was made of.
        let addresses: [String: String]
        let sources: [String: String]
        /// An asset under policies that name no whole files, and one that blocks them.
        let streamed: String
        let blocked: String

        init() throws {
            data = try DataFolder()
            let policies = try data.folder.write(
                "p.yaml",
                Data(
                    """
                    kind: DeliveryPolicy
                    name: files
                    protocols: [progressive, hls]
                    encryption: none
                    ---
                    kind: DeliveryPolicy
                    name: streams
                    protocols: [hls]
                    encryption: none
                    ---
                    kind: DeliveryPolicy
                    name: no-files
                    protocols: [progressive]
                    encryption: blocked
                    """.utf8))
            try data.must("apply", policies)
            let delayed = data.folder.path + "/delayed.mp4"
            let clip = Programs.clip("bbb_prog_10s.mp4")
            let outcome = try run(
                Programs.outside("ffmpeg"),
                [
                    "-v", "error", "-y", "-i", clip, "-itsoffset", "0.7", "-i", clip, "-map", "0:v", "-map", "1:a",
                    "-c",
                    "copy", delayed,
                ])
            guard outcome.status == 0 else { throw VerbFailed(arguments: ["ffmpeg"], outcome: outcome) }
            let sources = [
                "plain": clip, "delayed": delayed, "hevc": Programs.clip("ed_hevc.mp4"),
                "late": Programs.clip("exo_sample.mp4"),
            ]
            var locators: [String: String] = [:]
            for (asset, source) in sources {
                try data.must("asset", "upload", asset, source)
                let json = try data.must("publish", asset, "--delivery", "files", "--json").json()
                locators[asset] = json["locator"] as? String ?? ""
            }
            let streams = try data.must("publish", "plain", "--delivery", "streams", "--json").json()
            let blocks = try data.must(
                "publish", "plain", "--delivery", "streams", "--delivery", "no-files", "--json"
            ).json()
            let server = try RunningServer(data)
            self.server = server
            self.sources = sources
            addresses = locators.reduce(into: [:]) { $0[$1.key] = "\(server.origin)/\($1.value)/\($1.key)" }
            streamed = "\(server.origin)/\(streams["locator"] as? String ?? "")/plain.mp4"
            blocked = "\(server.origin)/\(blocks["locator"] as? String ?? "")/plain.mp4"
        }
    }

    private let site: Published

    init() throws {
        site = try Published.shared.get()
    }

    private func address(_ asset: String) throws -> String { try #require(site.addresses[asset]) + ".mp4" }

    static let assets = ["plain", "delayed", "hevc", "late"]

    @Test(arguments: assets)
    func ffmpegReadsTheFramesAndTimesOfTheSource(asset: String) throws {
        let source = try #require(site.sources[asset])
        let file = try address(asset)
        for kind in ["v", "a"] {
            let map = ["-map", "0:\(kind):0"]
            let expected = try MediaProbe.times(source, kind)
            guard !expected.isEmpty else { continue }
            let times = try MediaProbe.times(file, kind)
            #expect((0...1).contains(expected.count - times.count) || kind == "a")
            let distance = try #require(zip(times, expected.suffix(times.count)).map { abs($0 - $1) }.max())
            #expect(distance < 0.0015, "\(asset) \(kind)")
            guard kind == "v" else { continue }
            #expect(try MediaProbe.frames(["-i", file] + map) == MediaProbe.frames(["-i", source] + map))
        }
    }

    /// The movie box comes first, so that a player begins with the first bytes.
    @Test func theMovieBoxComesFirst() throws {
        let media = try curl(address("plain")).body
        #expect(media[4..<8] == Data("ftyp".utf8))
        let movie = try #require(media.range(of: Data("moov".utf8))?.lowerBound)
        #expect(movie == Int(media[3]) + 4)
        #expect(try #require(media.range(of: Data("mdat".utf8))?.lowerBound) > movie)
    }

    @Test func everyRangeIsASliceOfTheWhole() throws {
        let url = try address("plain")
        let whole = try curl(url)
        #expect(whole.status == 200)
        #expect(whole.headers["accept-ranges"] == "bytes")
        #expect(whole.headers["content-type"] == "video/mp4")
        let size = whole.body.count
        #expect(whole.headers["content-length"] == "\(size)")
        var state: UInt64 = 42
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for _ in 0..<40 {
            let start = random(size)
            let end = min(size - 1, start + random(200_000))
            let part = try curl(url, "-r", "\(start)-\(end)")
            #expect(part.status == 206)
            #expect(part.body == whole.body[start...end])
            #expect(part.headers["content-range"] == "bytes \(start)-\(end)/\(size)")
        }
        #expect(try curl(url, "-r", "-100").body == whole.body.suffix(100))
        #expect(try curl(url, "-r", "\(size)-").status == 416)
    }

    @Test func conditionsHold() throws {
        let url = try address("plain")
        let whole = try curl(url)
        let tag = try #require(whole.headers["etag"])
        #expect(!tag.hasPrefix("W/"))
        #expect(try curl(url, "-H", "If-None-Match: \(tag)").status == 304)
        #expect(try curl(url, "-r", "0-9", "-H", "If-Range: \(tag)").body == whole.body.prefix(10))
        #expect(try curl(url, "-r", "0-9", "-H", "If-Range: \"other\"").status == 200)
        let head = try curl(url, "-I")
        #expect(head.headers["content-length"] == "\(whole.body.count)" && head.headers["etag"] == tag)
        #expect(whole.headers["content-disposition"] == nil)
        let download = try curl(url + "?download")
        #expect(download.headers["content-disposition"] == "attachment; filename=\"plain.mp4\"")
        #expect(download.body == whole.body)
    }

    @Test func tracksCanBeNamed() throws {
        let base = try #require(site.addresses["plain"])
        let shown = try site.data.must("asset", "show", "plain", "--json").json()
        let names = (shown["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        let both = try curl("\(base)(\(names[0])+\(names[1])).mp4")
        #expect(both.body == (try curl(address("plain")).body))
        let sound = try curl("\(base)(\(names[1])).mp4")
        #expect(sound.status == 200 && sound.headers["content-type"] == "audio/mp4")
        #expect(try MediaProbe.times("\(base)(\(names[1])).mp4", "v").isEmpty)
        for wrong in ["(none)", "(\(names[0])+\(names[0]))", "()", "(\(names[0])", "(\(names[0])+\(names[1])+x)"] {
            #expect(try curl("\(base)\(wrong).mp4").status >= 400, "\(wrong)")
        }
    }

    @Test func filesLeaveOnlyWhereAPolicySaysSo() throws {
        for url in [site.streamed, site.blocked] {
            let answer = try curl(url)
            #expect(answer.status == 403)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("MPE_OUTPUT_FORMAT_BLOCKED"))
        }
        #expect(try curl(try address("plain").replacing("plain.mp4", with: "late.mp4")).status == 404)
    }
}
