import Foundation
import TestSupport
import Testing

/// The frames of each decrypted stream are the very frames of the stored rendition. No decrypter here is ours.
@Suite(.waiting) struct StreamTests {
    let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    @Test(arguments: Site.video + [Site.audio])
    func hlsAES128ThroughFFmpeg(track: String) throws {
        let clear = try MediaProbe.frames(["-i", "\(site.clear)/v1/clear/ts/\(track)/media.m3u8"])
        let decrypted = try MediaProbe.frames([
            "-headers", "Authorization: Bearer \(site.token)\r\n", "-i",
            "\(site.protected)/v1/cbc/ts/\(track)/media.m3u8",
        ])
        #expect(!clear.isEmpty)
        #expect(decrypted == clear)
    }

    @Test func withoutATokenFFmpegPlaysNothing() throws {
        let outcome = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error", "-i", "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)", "-f", "null", "-"])
        #expect(outcome.status != 0)
    }

    @Test(arguments: Extent.pairs(Site.video + [Site.audio], ["cenc", "cbcs-aapl"]))
    func commonEncryptionThroughShakaPackager(track: String, scheme: String) throws {
        let folder = try Folder()
        let clear = try MediaProbe.frames(["-i", try MediaProbe.whole(site.clear, site.clear, "clear", track, folder)])
        let encrypted = try MediaProbe.whole(site.clear, site.protected, scheme, track, folder)
        let key = try ClearKeyLicence.key(for: Data(contentsOf: URL(fileURLWithPath: encrypted)), site)
        let output = folder.path + "/decrypted.mp4"
        let kind = track.hasPrefix("video") ? "video" : "audio"
        let outcome = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(encrypted),stream=\(kind),output=\(output)", "--enable_raw_key_decryption", "--keys",
                "label=:key_id=\(key.id):key=\(key.key)",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let decrypted = try MediaProbe.frames(["-i", output])
        #expect(!clear.isEmpty)
        #expect(decrypted == clear)
    }

    @Test func ytDlpDownloadsWithATokenInAHeader() throws {
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("yt-dlp"),
            [
                "-q", "--add-headers", "Authorization: Bearer \(site.token)", "-o", folder.path + "/film.mp4",
                "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let decoded = try MediaProbe.frames(["-i", folder.path + "/film.mp4", "-map", "0:v"])
        #expect(decoded.count == 132)
    }

    @Test func renditionsHaveKeyFramesAtTheSameTimes() throws {
        let times = try Site.video.map { track in
            try run(
                Programs.outside("ffprobe"),
                [
                    "-v", "error", "-select_streams", "v", "-skip_frame", "nokey", "-show_entries", "frame=pts_time",
                    "-of",
                    "csv=p=0", "\(site.clear)/v1/clear/ts/\(track)/media.m3u8",
                ]
            ).text.split(separator: "\n").compactMap { Double($0.split(separator: ",")[0]) }
        }
        #expect(times[0].count == 3)
        #expect(times.allSatisfy { $0 == times[0] })
    }

    @Test func manifestsSatisfyOtherReaders() throws {
        let folder = try Folder()
        let mpd = try folder.write(
            "film.mpd", try curl("\(site.protected)/manifest(format=mpd-time-cmaf,encryption=cenc)").body)
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let checked = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        #expect(checked.status == 0, "\(checked.errors)")
        for format in ["m3u8-aapl,encryption=cbc", "m3u8-cmaf,encryption=cbcs-aapl"] {
            let script =
                "import m3u8,sys; p=m3u8.loads(sys.stdin.read()); print(p.is_variant, len(p.playlists), len(p.media))"
            let playlist = try curl("\(site.protected)/manifest(format=\(format))").body
            let parsed = try run(Programs.outside("python"), ["-c", script], input: playlist)
            #expect(parsed.text == "True 5 1\n", "\(parsed.errors)")
        }
    }
}

/// Asks the ClearKey endpoint for the key that an init segment's `tenc` names.
enum ClearKeyLicence {
    static func key(for media: Data, _ site: Site) throws -> (id: String, key: String) {
        let at = try #require(media.range(of: Data("tenc".utf8))).upperBound
        return try key(named: media[(at + 8)..<(at + 24)], site)
    }

    /// - Parameter id: the 16 bytes of the KID.
    static func key(named id: Data, _ site: Site) throws -> (id: String, key: String) {
        let text = id.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        let answer = try curl(
            "\(site.server.origin)/keys/clearkey", "-H", "Authorization: Bearer \(site.token)", "-d",
            #"{"kids":["\#(text)"],"type":"temporary"}"#)
        let document = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        let value = try #require((document?["keys"] as? [[String: String]])?.first?["k"])
        #expect(!value.contains("=") && !value.contains("+") && !value.contains("/"))
        let standard = value.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/") + "=="
        let key = try #require(Data(base64Encoded: standard))
        func hex(_ data: Data) -> String { data.map { String(format: "%02x", $0) }.joined() }
        return (hex(id), hex(key))
    }
}
