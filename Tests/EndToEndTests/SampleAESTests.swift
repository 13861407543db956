import Foundation
import Testing

/// SAMPLE-AES in MPEG-TS: ffmpeg decrypts it to the frames of the stream without protection.
@Suite struct SampleAESTests {
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

    private var header: [String] { ["-headers", "Authorization: Bearer \(site.token)\r\n"] }

    @Test(arguments: Site.video + [Site.audio])
    func ffmpegDecryptsEveryFrame(track: String) throws {
        let clear = try MediaProbe.frames(["-i", "\(site.clear)/v1/clear/ts/\(track)/media.m3u8"])
        let url = "\(site.protected)/v1/cbcs-aapl/ts/\(track)/media.m3u8"
        #expect(!clear.isEmpty)
        #expect(try MediaProbe.frames(header + ["-i", url]) == clear)
        let other = try run(Programs.outside("ffmpeg"), ["-v", "error", "-i", url, "-f", "null", "-"])
        #expect(other.status != 0 || !other.errors.isEmpty)
    }

    /// Held as it is stored: what ffmpeg makes of Dolby's sound has noise in it.
    @Test(arguments: ["ac3", "eac3"])
    func ffmpegDecryptsDolbySound(codec: String) throws {
        let asset = try #require(try DolbySite.shared.get().assets[codec])
        let master = String(decoding: try curl("\(asset.protected)/manifest(format=m3u8-aapl)").body, as: UTF8.self)
        let playlist = try #require(master.split(separator: "\n").last { $0.hasSuffix("media.m3u8") })
        let copy = ["-map", "0:a", "-c", "copy", "-f", codec, "-"]
        func bytes(_ input: [String]) throws -> Data {
            try run(Programs.outside("ffmpeg"), ["-v", "error"] + input + copy).output
        }
        let clear = try bytes(["-i", "\(asset.clear)/\(playlist.replacingOccurrences(of: "cbcs-aapl", with: "clear"))"])
        #expect(clear.count > 50_000)
        #expect(try bytes(header + ["-i", "\(asset.protected)/\(playlist)"]) == clear)
    }

    @Test func theMultivariantPlaylistPlays() throws {
        for stream in ["0:v:0", "0:a:0"] {
            let clear = try FormsSite.frames(["-i", "\(site.clear)/manifest(format=m3u8-aapl)"], stream)
            let url = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbcs-aapl)"
            #expect(try FormsSite.frames(header + ["-i", url], stream) == clear)
        }
    }

    @Test(arguments: Site.video + [Site.audio])
    func theProgramMapSaysWhatItIs(track: String) throws {
        let root = "\(site.protected)/v1/cbcs-aapl/ts/\(track)"
        let playlist = String(decoding: try curl("\(root)/media.m3u8").body, as: UTF8.self)
        #expect(playlist.contains("#EXT-X-VERSION:5\n"))
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

    /// ffmpeg takes the key of the segment that it has read last, so the segments of each key are given to it by themselves.
    @Test(arguments: ["lead", "periods"])
    func theTimeIsDividedHereToo(way: String) throws {
        let periods = try CryptoPeriodTests.PeriodSite.shared.get()
        let (base, word, clear) =
            way == "lead"
            ? (try ClearLeadTests.LeadSite.shared.get().base, "lead2", site.clear) : (periods.base, "period2", periods.clear)
        let folder = try Folder()
        for track in [Site.video[0], Site.audio] {
            let root = "\(base)/v1/cbcs-aapl-\(word)/ts/\(track)"
            let clearRoot = "\(clear)/v1/clear/ts/\(track)"
            var key = ""
            var parts: [(key: String, lines: [String])] = []
            var duration = ""
            for line in String(decoding: try curl("\(root)/media.m3u8").body, as: UTF8.self).split(separator: "\n") {
                if line.hasPrefix("#EXT-X-KEY") { key = String(line) }
                if line.hasPrefix("#EXTINF") { duration = String(line) }
                guard line.hasSuffix(".ts") else { continue }
                if parts.last?.key != key { parts.append((key, [])) }
                parts[parts.count - 1].lines += [duration, String(line)]
            }
            #expect(parts.count == (way == "lead" ? 2 : track == Site.audio ? parts.count : 3))
            #expect(parts[0].key.isEmpty == (way == "lead"))
            for (number, part) in parts.enumerated() {
                func playlist(_ root: String, _ key: String) throws -> String {
                    let lines = part.lines.map { $0.hasSuffix(".ts") ? "\(root)/\($0)" : $0 }
                    let text = (["#EXTM3U", "#EXT-X-VERSION:5", "#EXT-X-TARGETDURATION:3", key] + lines + ["#EXT-X-ENDLIST"])
                        .filter { !$0.isEmpty }.joined(separator: "\n")
                    return try folder.write("\(track)-\(number)-\(key.count).m3u8", Data(text.utf8))
                }
                let open = ["-protocol_whitelist", "file,http,tcp"]
                let plain = try MediaProbe.frames(open + ["-i", try playlist(clearRoot, "")])
                #expect(!plain.isEmpty)
                #expect(try MediaProbe.frames(open + header + ["-i", try playlist(root, part.key)]) == plain)
            }
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

    @Test func thereAreNoKeyFramePlaylists() throws {
        let master = try curl("\(site.protected)/manifest(format=m3u8-aapl,encryption=cbcs-aapl)").body
        #expect(!String(decoding: master, as: UTF8.self).contains("I-FRAME"))
        #expect(try curl("\(site.protected)/v1/cbcs-aapl/ts/\(Site.video[0])/iframes.m3u8").status == 404)
    }
}
