import Foundation
import TestSupport
import Testing

/// Nothing that is protected can be had in the clear by any URL of the server.
@Suite(.waiting) struct CrawlTests {
    let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    /// Every form of every URL, right and wrong, below a protected locator.
    private func paths() -> [String] {
        var paths: [String] = []
        let words = ["clear", "none", "cbc", "cenc", "cbcs-aapl", "cbcs", "piff", "CENC", "Clear", ""]
        let tracks = Site.video + [Site.audio, "track-0", "..", "video-720p-1200K", FormsSite.mux]
        let files = [
            "init.mp4", "media.m3u8", "0.m4s", "0.ts", "25600.m4s", "00.m4s", "+0.m4s", "0.mp4", "0", "track-0.cmaf",
        ]
        for version in ["v1", "v0", "v2", "v01", "V1", "v"] {
            for word in version == "v1" ? words : ["clear", "cenc"] {
                for container in ["cmaf", "ts", "ts-muxed", "CMAF"] {
                    for track in word == "clear" || word == "cenc" ? tracks : Array(tracks.prefix(1)) {
                        for file in files { paths.append("\(version)/\(word)/\(container)/\(track)/\(file)") }
                    }
                }
            }
        }
        for format in [
            "m3u8-aapl", "m3u8-aapl-v3", "m3u8-cmaf", "mpd-time-csf", "mpd-time-cmaf", "fmp4-v20", "nonsense", "",
        ] {
            for encryption in [
                "", ",encryption=cbc", ",encryption=cenc", ",encryption=cbcs-aapl", ",encryption=clear",
                ",encryption=none", ",encryption=", ",encryption=piff", ",encryption=cenc,encryption=clear",
            ] {
                for suffix in ["", ".m3u8", ".mpd"] { paths.append("manifest(format=\(format)\(encryption))\(suffix)") }
            }
        }
        paths += [
            "manifest", "Manifest", "MANIFEST(FORMAT=M3U8-CMAF)", "manifest%28format=m3u8-aapl%29", "manifest()",
            "manifest(", "v1/clear/smooth/QualityLevels(1472375)/Fragments(video=0)",
            "v1/piff/smooth/QualityLevels(1472375)/Fragments(video=0)",
            "QualityLevels(1200000)/Fragments(video=0)", "QualityLevels(1200000)/Manifest(video)", "", ".", "..",
            "../film.mp4", "../track-0.cmaf", "../../media/assets/film/v1/track-0.cmaf", "%2e%2e/%2e%2e/catalog.sqlite",
            "v1/cenc/cmaf/%76ideo-720p-1200k/0.m4s", "v1/../v1/clear/cmaf/video-720p-1200k/0.m4s", "v1//cenc",
            "v1/clear/cmaf/video-720p-1200k/0.m4s?encryption=cenc", "v1/cenc/cmaf/video-720p-1200k/0.m4s/",
        ]
        return paths
    }

    @Test func noURLGivesClearMedia() throws {
        // What clear media would show. A piece of slice data is longer than the nine blocks of ten that `cbcs` leaves
        // clear by design; a piece of sound stays before the partial block at a sample's end.
        let video = try Site.video.map { track in
            let body = try curl("\(site.clear)/v1/clear/cmaf/\(track)/0.m4s").body
            return body[(body.count / 2)..<(body.count / 2 + 400)]
        }
        let sound = try curl("\(site.clear)/v1/clear/cmaf/\(Site.audio)/0.m4s").body
        let pieces = video + [sound[(sound.count - 40)..<(sound.count - 16)]]
        let answers = try crawl(paths().map { "\(site.protected)/\($0)" })
        #expect(answers.count > 400)
        let allowed: Set<Int> = [200, 308, 400, 403, 404, 415]
        for (url, answer) in answers {
            #expect(allowed.contains(answer.status), "\(answer.status) \(url)")
            #expect(!pieces.contains { answer.body.range(of: $0) != nil }, "clear media at \(url)")
            if url.contains("/clear/") || url.contains("=clear") { #expect(answer.status != 200, "\(url)") }
        }
        // The crawl does reach what is there.
        #expect(answers.filter { $0.value.status == 200 }.count >= 10)
    }

    @Test func otherLocatorsAndNamesLeadNowhere() throws {
        let root = site.server.origin
        let locator = try #require(site.protected.split(separator: "/").dropFirst(2).first.map(String.init))
        for path in [
            "/", "/\(locator)", "/\(locator)/", "/\(locator)/film.ism", "/\(locator)/other.mp4",
            "/\(locator)/track-0.cmaf",
            "/\(locator)/other.ism/v1/cenc/cmaf/video-720p-1200k/0.m4s", "/\(locator.uppercased())/film.ism/manifest",
            "/00000000-0000-4000-8000-000000000000/film.ism/manifest", "/player/", "/player/config.json", "/v1/assets",
            "/healthz", "/catalog.sqlite", "/../catalog.sqlite", "//film.ism/manifest",
        ] {
            let answer = try curl(root + path)
            #expect(answer.status == 404 || answer.status == 400, "\(answer.status) \(path)")
        }
        // A whole file in the clear, which no policy lets out.
        #expect(try curl("\(root)/\(locator)/film.mp4").status == 403)
    }

    /// Fetches many URLs in one run of curl.
    private func crawl(_ urls: [String]) throws -> [String: Answer] {
        let folder = try Folder()
        var configuration = "silent\ngloboff\npath-as-is\nwrite-out = \"%{http_code}\\n\"\n"
        for (number, url) in urls.enumerated() {
            configuration += "url = \"\(url)\"\noutput = \"\(folder.path)/\(number)\"\n"
        }
        let outcome = try run(Programs.outside("curl"), ["--config", "-"], input: Data(configuration.utf8))
        let codes = outcome.text.split(separator: "\n").compactMap { Int($0) }
        #expect(codes.count == urls.count)
        var answers: [String: Answer] = [:]
        for (number, (url, code)) in zip(urls, codes).enumerated() {
            let body = (try? Data(contentsOf: folder.url("\(number)"))) ?? Data()
            answers[url] = Answer(status: code, headers: [:], body: body)
        }
        return answers
    }
}
