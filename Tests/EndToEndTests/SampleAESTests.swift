import Foundation
import TestSupport
import Testing

/// SAMPLE-AES in MPEG-TS: ffmpeg decrypts it to the frames of the stream without protection.
@Suite(.waiting) struct SampleAESTests {
    let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    /// Sound of every codec that the format knows, each once, made by ffmpeg.
    final class DolbySite: Sendable {
        static let shared = Result { try DolbySite() }

        /// By codec: the locators with and without protection.
        let assets: [String: (protected: String, clear: String)]

        private init() throws {
            let site = try Site.shared.get()
            var assets: [String: (protected: String, clear: String)] = [:]
            for codec in ["ac3", "eac3"] {
                let file = site.data.folder.path + "/\(codec)-source.mp4"
                let made = try run(
                    Programs.outside("ffmpeg"),
                    ["-v", "error", "-i", Programs.clip(), "-t", "5", "-vn", "-c:a", codec, file])
                guard made.status == 0 else { throw VerbFailed(arguments: ["ffmpeg", codec], outcome: made) }
                try site.data.must("asset", "upload", "sound-\(codec)", file)
                func publish(_ options: [String]) throws -> String {
                    let outcome = try run(
                        Programs.own("keyway"), ["publish", "sound-\(codec)"] + options + ["--json"],
                        environment: site.data.environment)
                    return "\(site.server.origin)/\(try outcome.json()["locator"] as? String ?? "")/sound-\(codec).ism"
                }
                assets[codec] = (
                    try publish(["--auth", "demo-viewers", "--delivery", "hls-cbcs"]),
                    try publish(["--delivery", "clear"])
                )
            }
            self.assets = assets
        }
    }

    /// The segments of a playlist that are under one `EXT-X-KEY`.
    struct Part {
        var key: String
        var lines: [String] = []
    }

    private func parts(of playlist: String) throws -> [Part] {
        var (key, duration) = ("", "")
        var parts: [Part] = []
        for line in String(decoding: try curl(playlist).body, as: UTF8.self).split(separator: "\n").map(String.init) {
            if line.hasPrefix("#EXT-X-KEY") { key = line }
            if line.hasPrefix("#EXTINF") { duration = line }
            guard line.hasSuffix(".ts") else { continue }
            if parts.last?.key != key { parts.append(Part(key: key)) }
            parts[parts.count - 1].lines += [duration, line]
        }
        return parts
    }

    /// What ffmpeg makes of a part. It decrypts what it has read ahead with the key of the segment that it has read last, and at
    /// the end of a playlist with none: so each part is given to it by itself, with its last segment again behind it, and
    /// what it says of that is left out.
    private func decoded(_ part: Part, _ root: String, _ options: [String]) throws -> Data {
        let folder = try Folder()
        var key = part.key
        if let uri = key.split(separator: "\"").dropFirst().first.map(String.init) {
            let bytes = try curl(uri, "-H", "Authorization: Bearer \(site.token)").body
            #expect(bytes.count == 16)
            key = key.replacingOccurrences(of: uri, with: try folder.write("key", bytes))
        }
        let again = key.isEmpty ? [] : (0..<4).flatMap { _ in part.lines.suffix(2) }
        let lines = (part.lines + again).map { $0.hasSuffix(".ts") ? "\(root)/\($0)" : $0 }
        let head = ["#EXTM3U", "#EXT-X-VERSION:5", "#EXT-X-TARGETDURATION:10", key].filter { !$0.isEmpty }
        let text = (head + lines + ["#EXT-X-ENDLIST"]).joined(separator: "\n")
        let file = try folder.write("part.m3u8", Data(text.utf8))
        return try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-allowed_extensions", "ALL", "-protocol_whitelist", "file,http,tcp,crypto", "-i", file,
                "-fps_mode", "passthrough",
            ] + options + ["-"]
        ).output
    }

    private func frames(_ part: Part, _ root: String) throws -> [String] {
        String(decoding: try decoded(part, root, ["-f", "framemd5"]), as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: ",").dropFirst(5).first.map(String.init) }
    }

    /// Holds every part of a track against its clear form.
    private func check(_ base: String, _ word: String, _ clear: String, _ track: String) throws -> [Part] {
        let root = "\(base)/v1/\(word)/ts/\(track)"
        let parts = try parts(of: "\(root)/media.m3u8")
        for part in parts {
            let plain = try frames(Part(key: "", lines: part.lines), "\(clear)/v1/clear/ts/\(track)")
            #expect(plain.count > 10)
            #expect(Array(try frames(part, root).prefix(plain.count)) == plain)
        }
        return parts
    }

    @Test(arguments: Site.video + [Site.audio])
    func ffmpegDecryptsEveryFrame(track: String) throws {
        #expect(try check(site.protected, "cbcs-aapl", site.clear, track).count == 1)
        // Without the key it sees noise.
        let root = "\(site.protected)/v1/cbcs-aapl/ts/\(track)"
        var part = try #require(try parts(of: "\(root)/media.m3u8").first)
        let encrypted = try frames(part, root)
        part.key = ""
        #expect(Array(try frames(part, root).prefix(10)) != Array(encrypted.prefix(10)))
    }

    /// Held as it is stored: what ffmpeg makes of Dolby's sound has noise in it.
    @Test(arguments: ["ac3", "eac3"])
    func ffmpegDecryptsDolbySound(codec: String) throws {
        let asset = try #require(try DolbySite.shared.get().assets[codec])
        let master = String(decoding: try curl("\(asset.protected)/manifest(format=m3u8-aapl)").body, as: UTF8.self)
        let playlist = try #require(master.split(separator: "\n").last { $0.hasSuffix("media.m3u8") })
        let root = "\(asset.protected)/\(playlist.dropLast(11))"
        let clearRoot = "\(asset.clear)/\(playlist.dropLast(11).replacingOccurrences(of: "cbcs-aapl", with: "clear"))"
        let copy = ["-map", "0:a", "-c", "copy", "-f", codec]
        for part in try parts(of: "\(root)/media.m3u8") {
            let plain = try decoded(Part(key: "", lines: part.lines), clearRoot, copy)
            #expect(plain.count > 50_000)
            #expect(try decoded(part, root, copy).prefix(plain.count) == plain)
        }
    }

    @Test(arguments: ["lead", "periods"])
    func theTimeIsDividedHereToo(way: String) throws {
        let periods = try CryptoPeriodTests.PeriodSite.shared.get()
        for track in [Site.video[0], Site.audio] {
            if way == "lead" {
                let base = try ClearLeadTests.LeadSite.shared.get().base
                let parts = try check(base, "cbcs-aapl-lead2", site.clear, track)
                #expect(parts.count == 2 && parts[0].key.isEmpty)
            } else {
                let parts = try check(periods.base, "cbcs-aapl-period2", periods.clear, track)
                #expect(track == Site.audio ? parts.count > 1 : parts.count == 3)
            }
        }
    }

    @Test(arguments: Site.video + [Site.audio])
    func theProgramMapSaysWhatItIs(track: String) throws {
        let root = "\(site.protected)/v1/cbcs-aapl/ts/\(track)"
        let playlist = String(decoding: try curl("\(root)/media.m3u8").body, as: UTF8.self)
        #expect(playlist.contains("#EXT-X-VERSION:5\n"))
        // KEYFORMAT came with version 5 (RFC 8216, 7), also where a session key has it.
        let master = try curl("\(site.protected)/manifest(format=m3u8-aapl,encryption=cbcs-aapl)").body
        #expect(String(decoding: master, as: UTF8.self).contains("#EXT-X-VERSION:5\n"))
        let keys = playlist.split(separator: "\n").filter { $0.hasPrefix("#EXT-X-KEY:METHOD=SAMPLE-AES,") }
        #expect(keys.count == 1)
        #expect(keys.allSatisfy { $0.contains("KEYFORMAT=\"identity\"") })
        let isVideo = track.hasPrefix("video")
        for line in playlist.split(separator: "\n") where line.hasSuffix(".ts") {
            let segment = [UInt8](try curl("\(root)/\(line)").body)
            #expect(segment.count % 188 == 0)
            let map = Array(segment[188..<376])
            // Type, PID and descriptors are those that Shaka Packager writes, whose PID is another one.
            let descriptors: [UInt8] = [0x0F, 4] + Array((isVideo ? "zavc" : "aacd").utf8)
            #expect(map[17] == (isVideo ? 0xDB : 0xCF))
            #expect(Array(map[22..<(22 + descriptors.count)]) == descriptors)
            let setup = Data([5, 14] + Array("apadzaac".utf8) + [0, 0, 1, 2])
            #expect((Data(map).range(of: setup) != nil) == !isVideo)
            // Each segment leaves off where the next one begins.
            let own = stride(from: 0, to: segment.count, by: 188).filter { offset in
                let pid = Int(segment[offset + 1] & 0x1F) << 8 | Int(segment[offset + 2])
                return ![0, Int(map[1] & 0x1F) << 8 | Int(map[2])].contains(pid)
            }
            #expect(own.count % 16 == 0)
            for (number, offset) in own.enumerated() { #expect(Int(segment[offset + 3] & 0xF) == number & 0xF) }
        }
    }

    @Test func sizesAndRangesHold() throws {
        let url = "\(site.protected)/v1/cbcs-aapl/ts/\(Site.video[0])/25600.ts"
        let head = try curl(url, "--head")
        let whole = try curl(url).body
        #expect(head.headers["content-length"] == "\(whole.count)")
        for range in ["0-99", "187-190", "\(whole.count / 2)-", "-200"] {
            let part = try curl(url, "-H", "Range: bytes=\(range)")
            #expect(part.status == 206)
            #expect(whole.range(of: part.body) != nil)
        }
        #expect(try curl(url, "-H", "Range: bytes=1000-20000").body == whole[1000...20_000])
    }

    /// Where encrypted samples lie is known when they are made: key frames are objects of their own, and those of a clear lead
    /// are ranges.
    @Test(arguments: ["whole", "lead"])
    func keyFramesDecodeByThemselves(way: String) throws {
        let (base, word) =
            way == "whole"
            ? (site.protected, "cbcs-aapl") : (try ClearLeadTests.LeadSite.shared.get().base, "cbcs-aapl-lead2")
        let seen = try PlaylistTests.check("\(base)/manifest(format=m3u8-aapl,encryption=cbcs-aapl)")
        #expect(seen.keyFrames == 15)
        let root = "\(base)/v1/\(word)/ts/\(Site.video[0])"
        let text = String(decoding: try curl("\(root)/iframes.m3u8").body, as: UTF8.self)
        #expect(text.components(separatedBy: "#EXT-X-BYTERANGE").count == (way == "whole" ? 1 : 2))
        let listed = try parts(of: "\(root)/iframes.m3u8").filter { !$0.key.isEmpty }
        let segments = try parts(of: "\(root)/media.m3u8").filter { !$0.key.isEmpty }
        #expect(listed.count == 1 && listed[0].key == segments[0].key)
        let clear = "\(site.clear)/v1/clear/ts/\(Site.video[0])"
        let objects = listed[0].lines.filter { $0.hasSuffix(".ts") }
        #expect(objects.allSatisfy { $0.hasPrefix("iframe-") } && objects.count == (way == "whole" ? 3 : 2))
        for (object, segment) in zip(objects, segments[0].lines.filter { $0.hasSuffix(".ts") }) {
            let alone = Part(key: listed[0].key, lines: ["#EXTINF:1,", object])
            let plain = Part(key: "", lines: ["#EXTINF:4,", segment])
            #expect(try frames(alone, root).first == frames(plain, clear).first)
            // What the segment has, and no more than that.
            let whole = try curl("\(root)/\(segment)").body
            let answer = try curl("\(root)/\(object)")
            #expect(
                answer.headers["content-length"] == "\(answer.body.count)" && answer.body.count % (16 * 188) == 2 * 188)
            #expect(answer.body[376...2000].dropFirst(188) == whole[376...2000].dropFirst(188))
            #expect(try curl("\(root)/\(object)", "-H", "Range: bytes=300-999").body == answer.body[300...999])
        }
    }

    @Test(arguments: ["iframe-1.ts", "iframe-25601.ts", "iframe-99999999.ts"])
    func onlyKeyFramesHaveObjects(file: String) throws {
        #expect(try curl("\(site.protected)/v1/cbcs-aapl/ts/\(Site.video[0])/\(file)").status == 404)
        // Where byte ranges say where they are, there is none.
        #expect(try curl("\(site.protected)/v1/cbc/ts/\(Site.video[0])/iframe-0.ts").status == 404)
        #expect(try curl("\(site.clear)/v1/clear/ts/\(Site.video[0])/iframe-0.ts").status == 404)
        #expect(try curl("\(site.protected)/v1/cbcs-aapl/ts/\(Site.audio)/iframe-0.ts").status == 404)
    }
}
