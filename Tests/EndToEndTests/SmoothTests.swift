import Foundation
import TestSupport
import Testing

/// Smooth Streaming as GStreamer and yt-dlp play it, and what protects it as Shaka Packager reads it.
@Suite(.waiting) struct SmoothTests {
    let forms: FormsSite
    let site: Site

    init() throws {
        forms = try FormsSite.shared.get()
        site = forms.site
    }

    private func values(_ manifest: Data, _ path: String) throws -> [String] {
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("xmllint"), ["--nonet", "--xpath", path, try folder.write("manifest.xml", manifest)])
        return outcome.text.split(separator: "\n").compactMap {
            $0.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
        }
    }

    /// Runs GStreamer's demuxer on a manifest and gives what it makes of a stream.
    private func played(_ manifest: String, _ stream: String, _ parser: [String]) throws -> Data {
        let folder = try Folder()
        let file = folder.path + "/stream"
        let outcome = try run(
            Programs.outside("gst-launch-1.0"),
            [
                "-q", "souphttpsrc", "location=\(manifest)", "!", "mssdemux", "connection-speed=100000", "name=d",
                "d.\(stream)", "!", "queue", "!", "qtdemux", "!",
            ] + parser + ["!", "filesink", "location=\(file)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("ERROR"))
        return try Data(contentsOf: URL(fileURLWithPath: file))
    }

    private func frames(_ media: Data) throws -> [String] {
        let folder = try Folder()
        return try FormsSite.frames(["-i", try folder.write("media", media)], "0")
    }

    private static let h264 = ["h264parse", "!", "video/x-h264,stream-format=byte-stream,alignment=au"]
    private static let adts = ["aacparse", "!", "audio/mpeg,stream-format=adts"]

    @Test(arguments: ["manifest", "manifest(format=fmp4-v20)", "Manifest"])
    func gstreamerPlaysTheSourcesFrames(manifest: String) throws {
        let url = "\(forms.clear)/\(manifest)"
        let video = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/ts/\(Site.video[0])/media.m3u8"], "0")
        #expect(video.count == 132)
        #expect(try frames(try played(url, "video_00", Self.h264)) == video)
        let audio = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/ts/\(Site.audio)/media.m3u8"], "0")
        #expect(try frames(try played(url, "audio_00", Self.adts)) == audio)
    }

    /// Pictures and sound stay in step: as in MPEG-TS, up to where both begin.
    @Test func timesAreInStep() throws {
        func times(_ stream: String, _ parser: String) throws -> [Double] {
            let outcome = try run(
                Programs.outside("gst-launch-1.0"),
                [
                    "-v", "souphttpsrc", "location=\(forms.clear)/manifest", "!", "mssdemux",
                    "connection-speed=100000", "name=d", "d.\(stream)", "!", "queue", "!", "qtdemux", "!", parser, "!",
                    "fakesink", "silent=false",
                ])
            return outcome.text.components(separatedBy: ", pts: ").dropFirst().compactMap { text in
                let parts = text.prefix { $0 != "," }.split(separator: ":").compactMap { Double($0) }
                return parts.count == 3 ? parts[0] * 3600 + parts[1] * 60 + parts[2] : nil
            }
        }
        let (video, audio) = (try times("video_00", "h264parse"), try times("audio_00", "aacparse"))
        #expect(video.count == 132)
        #expect(audio.count == 249)
        let start = try #require(audio.min())
        #expect(abs(start - (video.min() ?? 0)) < 0.001)
        // Pictures follow each other by 40 ms, frames of sound by 1024 of 48,000.
        #expect(abs((video.max() ?? 0) - start - 131 * 0.04) < 0.001)
        #expect(abs((audio.max() ?? 0) - start - 248 * 1024 / 48_000) < 0.001)
    }

    @Test func ytDlpDownloads() throws {
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("yt-dlp"),
            ["-q", "-f", "bv", "-o", folder.path + "/film.ismv", "\(forms.clear)/manifest"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let video = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/ts/\(Site.video[0])/media.m3u8"], "0")
        #expect(try FormsSite.frames(["-i", folder.path + "/film.ismv"], "0:v") == video)
    }

    /// Version 2.0 writes each fragment by itself; both say the same.
    @Test func repeatsAreWrittenOutForOldPlayers() throws {
        let (new, old) = (
            try curl("\(forms.clear)/manifest").body, try curl("\(forms.clear)/manifest(format=fmp4-v20)").body
        )
        #expect(try values(new, "/*/@MinorVersion") == ["2"])
        #expect(try values(old, "/*/@MinorVersion") == ["0"])
        #expect(try values(old, "//*[@Name='video']/c/@t") == ["0", "20000000", "40000000"])
        #expect(try values(new, "//*[@Name='video']/c/@r") == ["2"])
        #expect(try values(old, "//c/@r") == [])
        let rates = try values(new, "//*[@Name='video']/QualityLevel/@Bitrate")
        #expect(rates.count == 5 && Set(rates).count == 5)
    }

    private var level: String { "QualityLevels" }

    /// The fragments of one track, as the manifest names them.
    private func fragments(_ root: String, _ manifest: String, _ stream: String) throws -> [String] {
        let text = try curl("\(root)/\(manifest)").body
        let index = "//*[@Name='\(stream)']"
        let bitrate = try #require(try values(text, index + "/QualityLevel[1]/@Bitrate").first)
        let template = try #require(try values(text, index + "/@Url").first)
        return try values(text, index + "/c/@t").map {
            let url = template.replacingOccurrences(of: "{bitrate}", with: bitrate)
            return "\(root)/" + url.replacingOccurrences(of: "{start time}", with: $0)
        }
    }

    @Test(arguments: ["video", Site.audio])
    func protectedFragmentsAreThoseOfCommonEncryption(stream: String) throws {
        let manifest = "manifest(format=fmp4-v20,encryption=piff)"
        let urls = try fragments(forms.piff, manifest, stream)
        #expect(urls.count == 3)
        let folder = try Folder()
        let files = try urls.enumerated().map { number, url in
            let answer = try curl(url)
            #expect(answer.status == 200)
            return try folder.write("\(number)", answer.body)
        }
        let script = Programs.repository.appendingPathComponent("Tests/Smooth/senc.py").path
        // The init segment of DASH describes the same samples under the same key.
        let track = stream == "video" ? Site.video[0] : Site.audio
        let header = try curl("\(forms.piff)/v1/cenc/cmaf/\(track)/init.mp4").body
        let rewritten = try run(Programs.outside("python"), [script, try folder.write("init", header)] + files)
        #expect(rewritten.status == 0, "\(rewritten.errors)")
        let key = try ClearKeyLicence.key(for: header, site)
        let (input, output) = (
            try folder.write("in.mp4", rewritten.output), folder.path + "/out.mp4"
        )
        let decrypted = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(input),stream=\(stream == "video" ? "video" : "audio"),output=\(output)",
                "--enable_raw_key_decryption", "--keys", "label=:key_id=\(key.id):key=\(key.key)",
            ])
        #expect(decrypted.status == 0, "\(decrypted.errors)")
        let expected = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/ts/\(track)/media.m3u8"], "0")
        #expect(try FormsSite.frames(["-i", output], "0") == expected)
        // Ciphertext is the same, as it must be under the same counter blocks.
        let times = stream == "video" ? ["0", "25600", "51200"] : []
        for (number, time) in times.enumerated() {
            let segment = try curl("\(forms.piff)/v1/cenc/cmaf/\(track)/\(time).m4s").body
            let fragment = try Data(contentsOf: folder.url("\(number)"))
            #expect(try mediaData(fragment) == (try mediaData(segment)))
        }
        // The manifest names the key to PlayReady's players.
        let text = String(decoding: try curl("\(forms.piff)/\(manifest)").body, as: UTF8.self)
        let object =
            text.components(separatedBy: "08DBAE7B4EE9").count == 1
            ? text.components(separatedBy: "E65BE0885F95\">").last?.prefix { $0 != "<" } : nil
        let bytes = try #require(object.flatMap { Data(base64Encoded: String($0)) })
        let words = String(data: bytes.dropFirst(10), encoding: .utf16LittleEndian) ?? ""
        #expect(words.contains("<ALGID>AESCTR</ALGID>"))
        let guid = try littleEndianGUID(key.id)
        #expect(words.contains("<KID>\(guid)</KID>"))
    }

    private func mediaData(_ file: Data) throws -> Data {
        Data(file[try #require(file.range(of: Data("mdat".utf8))).upperBound...])
    }

    /// The KID as PlayReady writes it.
    private func littleEndianGUID(_ hex: String) throws -> String {
        let bytes = stride(from: 0, to: 32, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
        let order = [3, 2, 1, 0, 5, 4, 7, 6] + Array(8..<16)
        return Data(order.map { bytes[$0] }).base64EncodedString()
    }

    @Test func headRangesAndNodesAgree() throws {
        let other = try RunningServer(site.data)
        defer { other.stop() }
        for (root, manifest) in [(forms.clear, "manifest"), (forms.piff, "manifest(encryption=piff)")] {
            let url = try #require(try fragments(root, manifest, "video").last)
            let whole = try curl(url)
            let head = try curl(url, "--head")
            #expect(head.headers["content-length"] == "\(whole.body.count)")
            #expect(head.headers["etag"] == whole.headers["etag"])
            #expect(whole.headers["cache-control"]?.contains("immutable") == true)
            let part = try curl(url, "-H", "Range: bytes=1000-40000")
            #expect(part.status == 206 && part.body == whole.body[1000..<40_001])
            let there = try curl(url.replacingOccurrences(of: site.server.origin, with: other.origin))
            #expect(there.body == whole.body && there.headers["etag"] == whole.headers["etag"])
        }
    }

    /// What Smooth Streaming cannot carry is refused with the reason.
    @Test func otherFormsAreRefused() throws {
        for (root, path, status, code) in [
            (forms.silent, "manifest", 415, "MPE_FORMAT_ENCRYPTION_INCOMPATIBLE"),
            (forms.piff, "manifest(encryption=cbc)", 403, "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY"),
            (forms.piff, "manifest(format=mpd-time-cmaf,encryption=piff)", 400, "MPE_BAD_URL_SYNTAX"),
            (forms.envelope, "manifest", 403, "MPE_OUTPUT_FORMAT_BLOCKED"),
            (forms.piff, "v1/clear/smooth/QualityLevels(1)/Fragments(video=0)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
            (forms.clear, "v1/clear/smooth/QualityLevels(1)/Fragments(video=0)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
            (forms.clear, "v2/clear/smooth/QualityLevels(1)/Fragments(video=0)", 404, "MPE_RESOURCE_NOT_FOUND"),
            (forms.clear, "v1/cenc/smooth/QualityLevels(1)/Fragments(video=0)", 404, "MPE_RESOURCE_NOT_FOUND"),
            (forms.clear, "QualityLevels(1)/Fragments(video=0)", 404, "MPE_RESOURCE_NOT_FOUND"),
        ] {
            let answer = try curl("\(root)/\(path)")
            #expect(answer.status == status, "\(path)")
            #expect(String(decoding: answer.body, as: UTF8.self).contains(code), "\(path)")
        }
        let url = try #require(try fragments(forms.clear, "manifest", "video").first)
        for wrong in ["video=1", "video=00", "audio=0", "video=-1", "video=18446744073709551616"] {
            #expect(try curl(url.replacingOccurrences(of: "video=0", with: wrong)).status == 404, "\(wrong)")
        }
        // A clear fragment's URL gives nothing where the policy protects.
        let clear = url.replacingOccurrences(of: forms.clear, with: forms.piff)
        #expect(try curl(clear).status == 403)
        let cenc = try curl("\(forms.piff)/manifest(encryption=cenc)")
        #expect(cenc.status == 308)
        #expect(cenc.headers["location"]?.hasSuffix("/manifest(encryption=piff)") == true)
    }
}
