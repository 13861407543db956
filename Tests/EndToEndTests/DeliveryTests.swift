import Foundation
import TestSupport
import Testing

/// What caches and players rely on: exact sizes, ranges, tags, equal bytes.
@Suite(.waiting) struct DeliveryTests {
    let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    static let objects = [
        "manifest(format=m3u8-aapl,encryption=cbc)", "v1/cbc/ts/video-720p-1200k/media.m3u8",
        "v1/cbc/ts/video-720p-1200k/25600.ts", "v1/cbc/ts/audio-und-128k/0.ts",
        "v1/cenc/cmaf/video-720p-1200k/init.mp4",
        "v1/cenc/cmaf/video-720p-1200k/51200.m4s", "v1/cenc/cmaf/audio-und-128k/0.m4s",
        "v1/cbcs-aapl/cmaf/video-720p-1200k/0.m4s", "v1/cbcs-aapl/cmaf/audio-und-128k/0.m4s",
        "manifest(format=m3u8-aapl-v3,encryption=cbc)", "v1/cbc/ts/video-720p-1200k/iframes.m3u8",
        "v1/cbc/ts-muxed/video-720p-1200k+audio-und-128k/25600.ts", "v1/cbc/cmaf/video-720p-1200k/51200.m4s",
        "v1/cbc/cmaf/video-720p-1200k/init.mp4", "v1/cbcs-aapl/ts/video-720p-1200k/25600.ts",
    ]

    @Test(arguments: objects)
    func headSaysWhatGetGives(object: String) throws {
        let head = try curl("\(site.protected)/\(object)", "--head")
        let whole = try curl("\(site.protected)/\(object)")
        #expect(head.status == 200)
        #expect(whole.status == 200)
        #expect(head.body.isEmpty || head.body.starts(with: Data("HTTP".utf8)))
        #expect(head.headers["content-length"] == "\(whole.body.count)")
        #expect(head.headers["etag"] == whole.headers["etag"])
        #expect(whole.headers["cache-control"]?.contains("s-maxage") == true)
    }

    @Test(arguments: objects)
    func rangesAreSlices(object: String) throws {
        let url = "\(site.protected)/\(object)"
        let whole = try curl(url).body
        let size = whole.count
        for (range, expected) in [
            ("0-99", 0..<100), ("100-", 100..<size), ("-50", (size - 50)..<size),
            ("\(size / 2)-\(size / 2 + 30)", (size / 2)..<(size / 2 + 31)), ("17-\(size + 1000)", 17..<size),
        ] {
            let part = try curl(url, "-H", "Range: bytes=\(range)")
            #expect(part.status == 206, "\(range)")
            #expect(part.body == whole[expected], "\(range)")
            #expect(part.headers["content-range"] == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/\(size)")
        }
        let beyond = try curl(url, "-H", "Range: bytes=\(size)-")
        #expect(beyond.status == 416)
        #expect(beyond.headers["content-range"] == "bytes */\(size)")
    }

    /// What the systems of a delivery policy are told may change; what is told to nobody may not.
    @Test func cachesKeepWhatDoesNotChange() throws {
        func lifetime(_ url: String) throws -> String? { try curl(url).headers["cache-control"] }
        let track = "video-720p-1200k"
        #expect(try lifetime("\(site.protected)/v1/cenc/cmaf/\(track)/init.mp4") == "public, max-age=60, s-maxage=60")
        for url in ["\(site.clear)/v1/clear/cmaf/\(track)/init.mp4", "\(site.protected)/v1/cenc/cmaf/\(track)/0.m4s"] {
            #expect(try lifetime(url)?.hasSuffix("immutable") == true, "\(url)")
        }
    }

    @Test func conditionsHold() throws {
        let url = "\(site.protected)/v1/cenc/cmaf/video-720p-1200k/0.m4s"
        let tag = try #require(try curl(url).headers["etag"])
        #expect(tag.hasPrefix("\"") && !tag.hasPrefix("W/"))
        #expect(try curl(url, "-H", "If-None-Match: \(tag)").status == 304)
        #expect(try curl(url, "-H", "If-None-Match: \"other\"").status == 200)
        #expect(try curl(url, "-H", "If-Match: \"other\"").status == 412)
        #expect(try curl(url, "-H", "If-Range: \"other\"", "-H", "Range: bytes=0-9").status == 200)
        #expect(try curl(url, "-H", "If-Range: \(tag)", "-H", "Range: bytes=0-9").status == 206)
    }

    @Test func everyRunAndEveryNodeGivesTheSameBytes() throws {
        let other = try RunningServer(site.data)
        defer { other.stop() }
        for object in Self.objects where !object.hasSuffix("m3u8") && !object.hasPrefix("manifest") {
            let here = try curl("\(site.protected)/\(object)")
            let there = try curl(
                "\(site.protected)/\(object)".replacingOccurrences(of: site.server.origin, with: other.origin))
            #expect(here.body == there.body, "\(object)")
            #expect(here.headers["etag"] == there.headers["etag"], "\(object)")
        }
    }

    /// Whole segments under AES-128 are encrypted side by side when several connections want one at a time.
    @Test func segmentsMadeTogetherAreThoseMadeAlone() throws {
        // A server of its own, which keeps nothing of what it sent.
        let server = try RunningServer(site.data, environment: ["KEYWAY_ORIGIN_MEMORY": "0"])
        defer { server.stop() }
        let root = site.protected.replacingOccurrences(of: site.server.origin, with: server.origin)
        var urls: [String] = []
        for (form, end) in [("ts", ".ts"), ("cmaf", ".m4s")] {
            for track in Site.video + [Site.audio] {
                let playlist = try curl("\(root)/v1/cbc/\(form)/\(track)/media.m3u8").body
                urls += String(decoding: playlist, as: UTF8.self).split(separator: "\n").filter { $0.hasSuffix(end) }
                    .map { "\(root)/v1/cbc/\(form)/\(track)/\($0)" }
            }
        }
        #expect(urls.count > 12)
        let alone = try urls.map { try curl($0).body }
        let folder = try Folder()
        let together = (0..<3).flatMap { turn in
            urls.indices.flatMap { ["-o", folder.path + "/\(turn)-\($0)", urls[$0]] }
        }
        let outcome = try run(
            Programs.outside("curl"), ["-sSZ", "--parallel-max", "40", "--parallel-immediate"] + together)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for turn in 0..<3 {
            for (number, body) in alone.enumerated() {
                #expect(try Data(contentsOf: folder.url("\(turn)-\(number)")) == body, "\(urls[number])")
            }
        }
    }

    @Test func browsersOfOtherOriginsMayAsk() throws {
        let preflight = try curl(
            "\(site.server.origin)/keys/clearkey", "-X", "OPTIONS", "-H", "Origin: https://player.example", "-H",
            "Access-Control-Request-Method: POST", "-H", "Access-Control-Request-Headers: authorization")
        #expect(preflight.status == 204)
        #expect(preflight.headers["access-control-allow-origin"] == "*")
        #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
    }

    /// What is answered before the HTTP decoder is what the router answers, to the last header; `TE` is what makes it answer.
    @Test(arguments: objects)
    func theFastPathAnswersAsTheRouter(object: String) throws {
        let url = "\(site.protected)/\(object)"
        let tag = try #require(try curl(url).headers["etag"])
        let cases: [[String]] = [
            [], ["--head"], ["-H", "Range: bytes=100-5000"], ["-H", "Range: bytes=-1"],
            ["-H", "Range: bytes=99999999-"],
            ["-H", "Range: lines=1-2"], ["-H", "If-None-Match: \(tag)"], ["-H", "If-Match: \"other\""],
            ["-H", "If-Match: \(tag)"], ["-H", "If-Range: \"other\"", "-H", "Range: bytes=0-9"],
            ["--head", "-H", "Range: bytes=0-9"],
            ["-H", "If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT"],
            ["-H", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"],
            ["-H", "Origin: https://player.example"], ["-H", "Range: bytes=0-9", "-H", "Range: bytes=5-6"],
            ["--head", "-H", "If-None-Match: \(tag)"],
        ]
        for options in cases {
            let fast = try curlWith(url, options)
            let routed = try curlWith(url, options + ["-H", "TE: trailers"])
            #expect(fast.status == routed.status, "\(options)")
            #expect(fast.headers.withoutTime == routed.headers.withoutTime, "\(options)")
            if fast.status < 400, options.first != "--head" { #expect(fast.body == routed.body, "\(options)") }
        }
    }
}

extension [String: String] {
    /// Without what tells the moment; that it is told is told.
    fileprivate var withoutTime: Self {
        var headers = self
        if headers["date"] != nil { headers["date"] = "" }
        return headers
    }
}
