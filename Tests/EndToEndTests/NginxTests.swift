import Foundation
import TestSupport
import Testing

/// The origin behind nginx with the guide's configuration.
@Suite(.serialized, .waiting) struct NginxTests {
    /// nginx with `Documentation/examples/nginx.conf`, of which only addresses and folders are others.
    private final class Cache: @unchecked Sendable {
        static let shared = Result { try Cache() }

        // Sendable: the process is started in the initialiser and only signalled after.
        let process: Process
        let folder: Folder
        let url: String
        let cache: String

        init() throws {
            let site = try EndpointSite.shared.get()
            try site.apply("media", "")
            try site.apply("signed.media", "signedURLs: { secret: url-key, checkedAtEdge: true }")
            folder = try Folder()
            cache = folder.path + "/cache"
            let port = try Self.freePort()
            url = "http://127.0.0.1:\(port)"
            let examples = Programs.repository.appendingPathComponent("Documentation/examples")
            var text = try String(contentsOf: examples.appendingPathComponent("nginx.conf"), encoding: .utf8)
            for (from, to) in [
                ("listen 80;", "listen 127.0.0.1:\(port);"), ("/var/cache/nginx/keyway", cache),
                ("server 127.0.0.1:8080;", "server \(site.server.origin.dropFirst(7));"),
                ("/run/nginx.pid", folder.path + "/pid"), ("/var/log/nginx/error.log", folder.path + "/errors"),
                ("media.example.com", "media.example"), ("signed.example.com", "signed.media.example"),
                ("http {", "http {\n" + Self.temporary(folder.path)),
                // So that the tests' small segments are several.
                ("slice 1m;", "slice 64k;"),
            ] {
                #expect(text.contains(from), "\(from)")
                text = text.replacing(from, with: to)
            }
            process = Process()
            process.executableURL = URL(fileURLWithPath: try Self.program())
            process.arguments = [
                "-p", folder.path, "-c", try folder.write("nginx.conf", Data(text.utf8)), "-g", "daemon off;",
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            ServersToStop.add(process)
            for _ in 0..<1200 {
                if (try? curl(url)) != nil { return }
                usleep(50_000)
            }
            throw ToolMissing(name: "a running nginx")
        }

        private static func temporary(_ folder: String) -> String {
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "    \($0)_temp_path \(folder)/\($0);" }
                .joined(separator: "\n")
        }

        private static func program() throws -> String {
            (try? Programs.outside("nginx")) ?? "/usr/sbin/nginx"
        }

        private static func freePort() throws -> Int {
            let outcome = try run(
                Programs.outside("python"),
                ["-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"])
            return Int(outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }

        deinit { process.terminate() }
    }

    private let site: EndpointSite
    private let cache: Cache

    init() throws {
        cache = try Cache.shared.get()
        site = try EndpointSite.shared.get()
    }

    private func get(_ path: String, _ options: String..., host: String = "media") throws -> Answer {
        try curlWith(cache.url + path, ["-H", "Host: \(host).example"] + options)
    }

    /// Everything that a player fetches: manifest, playlists, init segments, segments.
    private func session(_ root: String, _ options: [String] = []) throws -> [(path: String, answer: Answer)] {
        var seen: [(String, Answer)] = []
        var paths = ["\(root)/manifest(format=m3u8-cmaf)"]
        while let path = paths.popLast() {
            guard !seen.contains(where: { $0.0 == path }) else { continue }
            let answer = try curlWith(cache.url + path, ["-H", "Host: media.example"] + options)
            seen.append((path, answer))
            guard answer.headers["content-type"] == "application/vnd.apple.mpegurl" else { continue }
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n") {
                let quoted = line.firstRange(of: "URI=\"").map { line[$0.upperBound...].prefix { $0 != "\"" } }
                guard let uri = line.hasPrefix("#") ? quoted : line, !uri.contains("://"), !uri.contains("iframes")
                else {
                    continue
                }
                paths.append("\(folder)/\(uri)")
            }
        }
        return seen
    }

    @Test func theSecondViewerIsServedFromTheCache() throws {
        let first = try session(site.film)
        let second = try session(site.film)
        #expect(first.count == second.count && first.count >= 30)
        func isMedia(_ path: String) -> Bool { path.hasSuffix(".m4s") || path.hasSuffix(".mp4") }
        for (one, two) in zip(first, second) {
            #expect(one.answer.status == 200 && two.answer.status == 200)
            #expect(one.answer.body == two.answer.body)
            #expect(one.answer.headers["etag"] == two.answer.headers["etag"])
            if isMedia(one.path) { #expect(two.answer.headers["x-cache"] == "HIT", "\(two.path)") }
            #expect(try site.get(one.path, of: "media").body == two.answer.body)
        }
        let media = second.filter { isMedia($0.path) }
        #expect(media.filter { $0.answer.headers["x-cache"] == "HIT" }.count == media.count)
    }

    @Test func rangesConditionsAndHeads() throws {
        let path = site.film + EndpointSite.folder + "/0.m4s"
        let whole = try get(path)
        #expect(whole.status == 200)
        let size = whole.body.count
        for range in [0..<1, 0..<size, 1000..<2000, (size - 7)..<size] {
            let answer = try get(path, "-H", "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            #expect(answer.status == 206)
            #expect(answer.body == whole.body[range])
            #expect(answer.headers["content-range"] == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
        }
        #expect(try get(path, "-H", "Range: bytes=-5").body == whole.body.suffix(5))
        #expect(try get(path, "-H", "Range: bytes=\(size)-").status == 416)
        let head = try get(path, "-I")
        #expect(head.status == 200 && head.headers["content-length"] == "\(size)")
        let tag = try #require(whole.headers["etag"])
        for path in [path, site.film + "/manifest(format=mpd-time-cmaf)"] {
            let tag = path.hasSuffix("m4s") ? tag : try #require(try get(path).headers["etag"])
            #expect(try get(path, "-H", "If-None-Match: \(tag)").status == 304)
            #expect(try get(path, "-H", "If-None-Match: \"x\"").status == 200)
            #expect(try get(path, "-H", "If-Match: \"x\"").status == 412)
            #expect(try get(path, "-H", "If-Match: \(tag)").status == 200)
        }
    }

    /// Larger than some slices: what is put together is what the origin has.
    @Test func slicesAreTheWhole() throws {
        let path = site.film + EndpointSite.folder + "/0.m4s"
        let direct = try site.get(path, of: "media").body
        #expect(direct.count > 3 * 65_536)
        #expect(try get(path).body == direct)
        for start in stride(from: 0, to: direct.count, by: 100_000) {
            let end = min(start + 150_000, direct.count)
            #expect(try get(path, "-H", "Range: bytes=\(start)-\(end - 1)").body == direct[start..<end])
        }
    }

    /// Aliases lead to the canonical URL, and never take its place.
    @Test func redirectionsAreNotMixedUp() throws {
        let canonical = site.film + "/manifest(format=mpd-time-csf)"
        for alias in [
            "/Manifest(format=mpd-time-csf)", "/manifest%28format=mpd-time-csf%29",
            "/manifest(format=mpd-time-csf).mpd",
        ] {
            for _ in 0..<2 {
                let answer = try get(site.film + alias)
                #expect(answer.status == 308 && answer.headers["location"] == canonical, "\(alias)")
            }
            #expect(try get(canonical).status == 200)
        }
    }

    @Test func whatIsOneViewersIsNeverKept() throws {
        let manifest = site.protected + "/manifest(format=m3u8-aapl)"
        let token = ["-H", "Authorization: Bearer \(site.token)"]
        let plain = try get(manifest)
        #expect(!String(decoding: plain.body, as: UTF8.self).contains("ticket="))
        for way in [[manifest] + token, ["\(manifest)?token=\(site.token)"]] {
            let own = try curlWith(cache.url + way[0], ["-H", "Host: media.example"] + way.dropFirst())
            let text = String(decoding: own.body, as: UTF8.self)
            #expect(own.status == 200 && text.contains("ticket="))
            #expect(own.headers["cache-control"] == "private, no-store")
            let child = try #require(text.split(separator: "\n").first { $0.contains("ticket=") && !$0.hasPrefix("#") })
            for _ in 0..<2 {
                let playlist = try get("\(site.protected)/\(child)")
                #expect(playlist.status == 200)
                #expect(String(decoding: playlist.body, as: UTF8.self).contains("ticket="))
                #expect(playlist.headers["x-cache"] != "HIT")
            }
            // Nor does anybody else get it.
            let other = try get(manifest)
            #expect(!String(decoding: other.body, as: UTF8.self).contains("ticket="))
        }
        let kept = try run(Programs.outside("grep"), ["-rlaE", "ticket=|\(site.token.prefix(40))", cache.cache])
        #expect(kept.text == "")
        // Keys pass, and are not kept.
        let key = "/keys/aes?kid=11111111-2222-4333-8444-555555555555"
        #expect(try get(key).status == 404)
        #expect(try get(key).headers["x-cache"] == nil)
    }

    @Test func signaturesAreCheckedAndNotKept() throws {
        let path = site.film + EndpointSite.folder + "/0.m4s"
        func sign(_ prefix: String) throws -> String {
            let outcome = try site.data.must("endpoint", "sign", prefix, "--endpoint", "signed.media", "--json")
            return try #require(try outcome.json()["query"] as? String)
        }
        let (one, other) = (try sign(site.film + "/"), try sign(String(site.film.dropLast(8))))
        #expect(one != other)
        let first = try get("\(path)?\(one)", host: "signed.media")
        #expect(first.status == 200)
        // One copy for all signatures, and for the cookie.
        #expect(try get("\(path)?\(other)", host: "signed.media").headers["x-cache"] == "HIT")
        #expect(try get(path, "-H", "Cookie: \(one)", host: "signed.media").headers["x-cache"] == "HIT")
        #expect(try get("\(path)?\(one)", "-H", "Range: bytes=10-19", host: "signed.media").body == first.body[10..<20])
        // What is in the cache is for nobody without one.
        let forged = one.dropLast(2) + (one.hasSuffix("00") ? "11" : "00")
        for query in ["", "?kw=x", "?\(forged)", "?" + (try sign("/11111111-2222-4333-8444-555555555555/"))] {
            #expect(try get(path + query, host: "signed.media").status == 403, "\(query)")
        }
        let manifest = "\(site.film)/manifest(format=m3u8-cmaf)?\(one)"
        for _ in 0..<2 {
            let answer = try get(manifest, host: "signed.media")
            #expect(answer.status == 200 && answer.headers["x-cache"] != "HIT")
            #expect(String(decoding: answer.body, as: UTF8.self).contains(one))
        }
    }

    /// What is taken down is gone once caches are purged, of this asset alone.
    @Test func aTakedownAndAPurgeEndTheStream() throws {
        try site.data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "short")
        let made = try site.data.must("publish", "short", "--delivery", "clear", "--json").json()
        let root = "/\(try #require(made["locator"] as? String))/short.ism"
        let kept = site.film + EndpointSite.folder + "/init.mp4"
        _ = try get(kept)
        settle()
        let paths = try session(root).map(\.path)
        for path in paths where path.hasSuffix(".m4s") { #expect(try get(path).headers["x-cache"] == "HIT") }
        let report = try site.data.must("asset", "takedown", "short", "--json").json()
        let prefixes = try #require((report["purge"] as? [String: Any])?["prefixes"] as? [String])
        settle()
        // The cache does not know yet.
        #expect(try get(try #require(paths.first { $0.hasSuffix(".m4s") })).status == 200)
        let script = Programs.repository.appendingPathComponent("Documentation/examples/nginx-purge.sh").path
        let purged = try run(script, [cache.cache] + prefixes)
        #expect(purged.status == 0 && !purged.text.isEmpty, "\(purged.errors)")
        for path in paths { #expect(try get(path).status == 410, "\(path)") }
        #expect(try get(kept).headers["x-cache"] == "HIT")
        #expect(try run(script, [cache.cache, "/a b/"]).status == 64)
        #expect(try run(script, [cache.cache, ""]).status == 64)
    }
}
