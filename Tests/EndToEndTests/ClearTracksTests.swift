import Foundation
import TestSupport
import Testing

/// An asset whose pictures are encrypted and whose sound leaves in the clear, because the delivery policy says so by name.
@Suite(.waiting) struct ClearTracksTests {
    private final class SoundSite: Sendable {
        static let shared = Result { try SoundSite() }

        let site: Site
        let base: String
        let smooth: String

        private init() throws {
            site = try Site.shared.get()
            func policy(_ name: String, _ protocols: String, _ encryption: String) -> String {
                "kind: DeliveryPolicy\nname: sound-\(name)\nprotocols: [\(protocols)]\nencryption: \(encryption)\n"
                    + "keys: { video: auto, audio: clear }\n"
            }
            let file = try site.data.folder.write(
                "sound.yaml",
                Data(
                    [
                        policy("cenc", "hls, dash", "cenc"), policy("cbcs", "hls, dash", "cbcs"),
                        policy("envelope", "hls, dash", "envelope"),
                        policy("smooth", "smooth", "cenc") + "signalling: [playready]\n",
                    ].joined(separator: "---\n").utf8))
            try site.data.must("apply", file)
            let published = try site.data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "sound-cenc", "--delivery", "sound-cbcs",
                "--delivery", "sound-envelope", "--json"
            ).json()
            let other = try site.data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "sound-smooth", "--json"
            ).json()
            base = "\(site.server.origin)/\(published["locator"] as? String ?? "")/film.ism"
            smooth = "\(site.server.origin)/\(other["locator"] as? String ?? "")/film.ism"
        }
    }

    private let sound: SoundSite
    private var site: Site { sound.site }

    init() throws {
        sound = try SoundSite.shared.get()
    }

    /// The same objects to the byte as under a policy that says `none`, tags and all: caches hold them once.
    @Test func theSoundIsThatOfAClearAsset() throws {
        let folder = "v1/clear/cmaf/\(Site.audio)"
        for object in ["init.mp4", "0.m4s"] {
            let (clear, other) = (
                try curl("\(site.clear)/\(folder)/\(object)"), try curl("\(sound.base)/\(folder)/\(object)")
            )
            #expect(clear.status == 200 && other.status == 200)
            #expect(clear.body == other.body && !clear.body.isEmpty)
            #expect(clear.headers["etag"] == other.headers["etag"])
        }
        let stream = try curl("\(sound.base)/v1/clear/ts/\(Site.audio)/0.ts")
        #expect(stream.body == (try curl("\(site.clear)/v1/clear/ts/\(Site.audio)/0.ts").body))
    }

    /// Pictures are not there in the clear, nor is the sound under a URL that says that it is encrypted.
    @Test(arguments: ["clear/cmaf/video", "clear/ts/video", "cenc/cmaf/audio", "cbcs-aapl/cmaf/audio", "cbc/ts/audio"])
    func nothingIsSentOtherwiseThanItsURLSays(folder: String) throws {
        let track = folder.hasSuffix("video") ? Site.video[0] : Site.audio
        let root = "\(sound.base)/v1/\(folder.split(separator: "/").dropLast().joined(separator: "/"))/\(track)"
        for object in ["0.m4s", "0.ts", "init.mp4", "media.m3u8"] {
            let answer = try curl("\(root)/\(object)")
            #expect([403, 404].contains(answer.status), "\(object): \(answer.status)")
        }
    }

    @Test(arguments: Extent.pairs(Site.video, ["cenc", "cbcs-aapl"]))
    func picturesThroughShakaPackager(track: String, scheme: String) throws {
        let folder = try Folder()
        let clear = try MediaProbe.frames(["-i", try MediaProbe.whole(site.clear, site.clear, "clear", track, folder)])
        let media = try MediaProbe.whole(site.clear, sound.base, scheme, track, folder)
        let key = try ClearKeyLicence.key(for: Data(contentsOf: URL(fileURLWithPath: media)), site)
        let output = folder.path + "/decrypted.mp4"
        let outcome = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(media),stream=video,output=\(output)", "--enable_raw_key_decryption", "--keys",
                "label=:key_id=\(key.id):key=\(key.key)",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!clear.isEmpty)
        #expect(try MediaProbe.frames(["-i", output]) == clear)
    }

    /// The manifest names the key of the pictures and says nothing of the sound's, and obeys the schema.
    @Test(arguments: ["cenc", "cbcs-aapl"]) func dashProtectsThePicturesAlone(scheme: String) throws {
        let answer = try curl("\(sound.base)/manifest(format=mpd-time-cmaf,encryption=\(scheme))")
        #expect(answer.status == 200)
        let folder = try Folder()
        let mpd = try folder.write("film.mpd", answer.body)
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let checked = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        #expect(checked.status == 0, "\(checked.errors)")
        let sets = String(decoding: answer.body, as: UTF8.self).components(separatedBy: "<AdaptationSet ").dropFirst()
        for set in sets {
            let isVideo = set.contains("contentType=\"video\"")
            #expect(set.contains("ContentProtection") == isVideo)
            #expect(set.contains("/\(scheme)/cmaf/") == isVideo && set.contains("/clear/cmaf/") != isVideo)
        }
        #expect(sets.count >= 2)
    }

    /// Through the multivariant playlist, as players go: pictures and sound are those of the clear asset.
    @Test(arguments: ["m3u8-aapl,encryption=cbc", "m3u8-cmaf,encryption=cbc"])
    func playlistsPlay(format: String) throws {
        let playlist = "\(sound.base)/manifest(format=\(format))"
        let plain = "\(site.clear)/manifest(format=\(format.split(separator: ",")[0]))"
        for stream in ["0:v:0", "0:a:0"] {
            let clear = try FormsSite.frames(["-i", plain], stream)
            #expect(!clear.isEmpty)
            #expect(
                try FormsSite.frames(["-headers", "Authorization: Bearer \(site.token)\r\n", "-i", playlist], stream)
                    == clear)
        }
        let folder = format.hasPrefix("m3u8-aapl") ? "ts" : "cmaf"
        let media = try curl("\(sound.base)/v1/clear/\(folder)/\(Site.audio)/media.m3u8")
        #expect(media.status == 200)
        #expect(!String(decoding: media.body, as: UTF8.self).contains("EXT-X-KEY"))
        // Whoever shows no token hears the film and does not see it.
        #expect(try !MediaProbe.frames(["-i", "\(sound.base)/v1/clear/\(folder)/\(Site.audio)/media.m3u8"]).isEmpty)
    }

    /// Beside a policy that says `none` for another protocol, playlists name the sound where it is.
    @Test func anotherProtocolMayBeInTheClear() throws {
        let document =
            "kind: DeliveryPolicy\nname: open-dash\nprotocols: [dash]\nencryption: none\n---\n"
            + "kind: DeliveryPolicy\nname: closed-hls\nprotocols: [hls]\nencryption: cbcs\nkeys: { video: auto, audio: clear }\n"
        try site.data.must("apply", try site.data.folder.write("open-dash.yaml", Data(document.utf8)))
        let published = try site.data.must(
            "publish", "film", "--auth", "demo-viewers", "--delivery", "closed-hls", "--delivery", "open-dash", "--json"
        ).json()
        let base = "\(site.server.origin)/\(published["locator"] as? String ?? "")/film.ism"
        #expect(try PlaylistTests.check("\(base)/manifest(format=m3u8-cmaf)").playlists >= 6)
        #expect(try curl("\(base)/v1/clear/cmaf/\(Site.audio)/media.m3u8").status == 200)
        // DASH may have the pictures in the clear, and HLS no playlist of them.
        #expect(try curl("\(base)/v1/clear/cmaf/\(Site.video[0])/0.m4s").status == 200)
        #expect(try curl("\(base)/v1/clear/cmaf/\(Site.video[0])/media.m3u8").status == 403)
    }

    /// What is printed and warmed can be had.
    @Test func everyAddressThatIsGivenIsServed() throws {
        let streams =
            try site.data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "sound-cenc", "--delivery", "sound-envelope",
                "--json"
            ).json()["streams"] as? [[String: Any]] ?? []
        let urls = streams.compactMap { $0["url"] as? String }
        #expect(urls.count >= 5 && !urls.contains { $0.contains("m3u8-aapl-v3") })
        for url in urls {
            let path = try #require(url.range(of: "/film.ism/")).lowerBound
            let locator = url[..<path].split(separator: "/").last ?? ""
            #expect(try curl("\(site.server.origin)/\(locator)\(url[path...])").status == 200, "\(url)")
        }
    }

    /// Files for plain storage: what the origin answers, pictures encrypted and sound not, and nothing but.
    @Test(arguments: [
        ("m3u8-cmaf", "cbcs-aapl", "master.m3u8"), ("mpd-time-cmaf", "cenc", "manifest.mpd"),
        ("m3u8-aapl", "cbc", "master-ts.m3u8"),
    ])
    func packagesAreWhatTheOriginAnswers(format: String, scheme: String, manifest: String) throws {
        let folder = try Folder()
        let output = folder.path + "/package"
        let locator = try #require(sound.base.split(separator: "/").dropLast().last)
        let outcome = try run(
            Programs.own("keyway"),
            [
                "package", "film", "--locator", String(locator), "--output", output, "--keys-url", site.server.origin,
                "--format", format, "--encryption", scheme,
            ], environment: site.data.environment)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let files = try FileManager.default.subpathsOfDirectory(atPath: output).filter { $0.contains(".") }
        #expect(files.contains { $0.hasPrefix("v1/clear/") && $0.contains(Site.audio) })
        #expect(!files.contains { $0.hasPrefix("v1/clear/") && $0.contains(Site.video[0]) })
        for file in files {
            let object = file == manifest ? "manifest(format=\(format),encryption=\(scheme))" : file
            let answer = try curl("\(sound.base)/\(object)")
            #expect(answer.status == 200, "\(file)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(output)/\(file)")) == answer.body, "\(file)")
        }
    }

    /// What has one word for pictures and sound cannot carry it, and says so.
    @Test func formatsWithOneWordForAllAreRefused() throws {
        for url in ["\(sound.base)/manifest(format=m3u8-aapl-v3,encryption=cbc)", "\(sound.smooth)/manifest"] {
            let answer = try curl(url)
            #expect(answer.status == 415, "\(url): \(answer.status)")
            #expect(String(decoding: answer.body, as: UTF8.self).contains("in the clear"))
        }
        let forms = try FormsSite.shared.get()
        let fragment = try Self.firstFragmentOfSound(forms.clear)
        #expect(try curl("\(forms.clear)/\(fragment)").status == 200)
        for word in ["clear", "piff"] {
            let other = fragment.replacing("/clear/", with: "/\(word)/")
            #expect([403, 404].contains(try curl("\(sound.smooth)/\(other)").status))
        }
    }

    /// As the client manifest of a clear asset has it.
    private static func firstFragmentOfSound(_ clear: String) throws -> String {
        let manifest = String(decoding: try curl("\(clear)/manifest").body, as: UTF8.self)
        let stream = try #require(
            manifest.components(separatedBy: "<StreamIndex ").first { $0.contains("Type=\"audio\"") })
        let rate = try #require(stream.firstMatch(of: /Bitrate="(\d+)"/)).1
        let template = try #require(stream.firstMatch(of: /Url="([^"]+)"/)).1
        let start = stream.firstMatch(of: /<c [^>]*t="(\d+)"/)?.1 ?? "0"
        return String(template).replacing("{bitrate}", with: rate).replacing("{start time}", with: start)
    }
}
