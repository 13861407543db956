import Foundation
import TestSupport
import Testing

/// An asset whose keys change every two seconds, in every form that can say so. The frames that programs which are not ours
/// make of it are those of the asset without protection.
@Suite(.waiting) struct CryptoPeriodTests {
    final class PeriodSite: Sendable {
        static let shared = Result { try PeriodSite() }

        let site: Site
        let base: String
        let smooth: String
        /// In the clear.
        let clear: String

        private init() throws {
            site = try Site.shared.get()
            func policy(_ name: String, _ protocols: String, _ encryption: String, _ more: String = "") -> String {
                "kind: DeliveryPolicy\nname: periods-\(name)\nprotocols: [\(protocols)]\nencryption: \(encryption)\n"
                    + "cryptoPeriod: 2s\n" + more
            }
            let file = try site.data.folder.write(
                "periods.yaml",
                Data(
                    [
                        policy("cenc", "hls, dash", "cenc", "signalling: [clearkey, widevine, playready]\n"),
                        policy("cbcs", "hls, dash", "cbcs"), policy("envelope", "hls, dash", "envelope"),
                        policy("smooth", "smooth", "cenc", "signalling: [playready]\n"),
                        "kind: DeliveryPolicy\nname: periods-clear\nprotocols: [hls]\nencryption: none\n",
                    ].joined(separator: "---\n").utf8))
            try site.data.must("apply", file)
            try site.data.must("encode", Programs.clip(), "--asset", "film-of-periods")
            let published = try site.data.must(
                "publish", "film-of-periods", "--auth", "demo-viewers", "--delivery", "periods-cenc", "--delivery",
                "periods-cbcs", "--delivery", "periods-envelope", "--json"
            ).json()
            let other = try site.data.must(
                "publish", "film-of-periods", "--auth", "demo-viewers", "--delivery", "periods-smooth", "--json"
            ).json()
            let open = try site.data.must("publish", "film-of-periods", "--delivery", "periods-clear", "--json").json()
            clear = "\(site.server.origin)/\(open["locator"] as? String ?? "")/film-of-periods.ism"
            base = "\(site.server.origin)/\(published["locator"] as? String ?? "")/film-of-periods.ism"
            smooth = "\(site.server.origin)/\(other["locator"] as? String ?? "")/film-of-periods.ism"
        }
    }

    let periods: PeriodSite
    var site: Site { periods.site }

    init() throws {
        periods = try PeriodSite.shared.get()
    }

    /// The KIDs of the common `pssh` of an init segment, and the keys that the key service gives for them.
    private func keys(in media: Data) throws -> [(id: String, key: String)] {
        let system = Data([
            0x10, 0x77, 0xEF, 0xEC, 0xC0, 0xB2, 0x4D, 0x02, 0xAC, 0xE3, 0x3C, 0x1E, 0x52, 0xE2, 0xFB, 0x4B,
        ])
        let at = try #require(media.range(of: system)).upperBound
        let count = media[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
        return try (0..<count).map {
            try ClearKeyLicence.key(named: media[(at + 4 + 16 * $0)..<(at + 20 + 16 * $0)], site)
        }
    }

    /// Shaka Packager decrypts by `tenc` alone: of each period, the segments stand behind an init segment that says what
    /// their `seig` entries say.
    @Test(arguments: Extent.pairs(Site.video + [Site.audio], ["cenc", "cbcs-aapl"]))
    func everyPeriodThroughShakaPackager(track: String, scheme: String) throws {
        let folder = try Folder()
        let root = "\(periods.base)/v1/\(scheme)-period2/cmaf/\(track)"
        let clearRoot = "\(periods.clear)/v1/clear/cmaf/\(track)"
        let initialization = try curl("\(root)/init.mp4").body
        let tenc = try #require(initialization.range(of: Data("tenc".utf8))).upperBound + 4
        var parts: [Data: (media: Data, clear: Data)] = [:]
        let playlist = String(decoding: try curl("\(clearRoot)/media.m3u8").body, as: UTF8.self)
        for line in playlist.split(separator: "\n") where line.hasSuffix(".m4s") {
            let segment = try curl("\(root)/\(line)").body
            var head = initialization
            if let group = segment.range(of: Data("seig".utf8)) {
                // Length of an entry, number of entries, the entry.
                let length = segment[group.upperBound..<(group.upperBound + 4)].reduce(0) { $0 << 8 | Int($1) }
                let entry = segment[(group.upperBound + 8)..<(group.upperBound + 8 + length)]
                head.replaceSubrange(tenc..<(tenc + length), with: entry)
            }
            parts[head, default: (Data(), Data())].media += segment
            parts[head]?.clear += try curl("\(clearRoot)/\(line)").body
        }
        #expect(track == Site.audio ? (2...3).contains(parts.count) : parts.count == 3)
        let clearHead = try curl("\(clearRoot)/init.mp4").body
        for (head, part) in parts {
            let key = try ClearKeyLicence.key(for: head, site)
            let file = try folder.write("\(key.id).mp4", head + part.media)
            let source = try folder.write("\(key.id)-clear.mp4", clearHead + part.clear)
            let kind = track.hasPrefix("video") ? "video" : "audio"
            let outcome = try run(
                Programs.outside("packager-linux-x64"),
                [
                    "in=\(file),stream=\(kind),output=\(file)-out.mp4", "--enable_raw_key_decryption", "--keys",
                    "label=:key_id=\(key.id):key=\(key.key)",
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let clear = try MediaProbe.frames(["-i", source])
            #expect(!clear.isEmpty)
            #expect(try MediaProbe.frames(["-i", file + "-out.mp4"]) == clear)
        }
    }

    @Test(arguments: Extent.pairs(Site.video + [Site.audio], ["ts", "cmaf"]))
    func wholeSegmentsThroughFFmpeg(track: String, container: String) throws {
        let clear = try MediaProbe.frames(["-i", "\(periods.clear)/v1/clear/\(container)/\(track)/media.m3u8"])
        let url = "\(periods.base)/v1/cbc-period2/\(container)/\(track)/media.m3u8"
        let playlist = String(decoding: try curl(url).body, as: UTF8.self)
        let lines = playlist.split(separator: "\n").filter { $0.hasPrefix("#EXT-X-KEY") }
        let uris = Set(lines.compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) })
        // A segment of sound that starts just before a period's end belongs to that period.
        #expect(track == Site.audio ? (2...3).contains(uris.count) : uris.count == 3, "\(playlist)")
        let decrypted = try MediaProbe.frames(["-headers", "Authorization: Bearer \(site.token)\r\n", "-i", url])
        #expect(!clear.isEmpty)
        #expect(decrypted == clear)
    }

    @Test func muxedSegmentsThroughFFmpeg() throws {
        let mux = "\(Site.video[0])+\(Site.audio)"
        for stream in ["0:v", "0:a"] {
            let clear = try FormsSite.frames(["-i", "\(periods.clear)/v1/clear/ts-muxed/\(mux)/media.m3u8"], stream)
            let decrypted = try FormsSite.frames(
                [
                    "-headers", "Authorization: Bearer \(site.token)\r\n", "-i",
                    "\(periods.base)/v1/cbc-period2/ts-muxed/\(mux)/media.m3u8",
                ], stream)
            #expect(!clear.isEmpty)
            #expect(decrypted == clear)
        }
    }

    @Test(arguments: [("cenc", "cenc"), ("cbcs-aapl", "cbcs")])
    func chromiumFollowsThePeriods(word: String, scheme: String) throws {
        let folder = try Folder()
        let media = try MediaProbe.whole(periods.clear, periods.base, "\(word)-period2", Site.video[1], folder)
        let keys = try keys(in: Data(contentsOf: URL(fileURLWithPath: media)))
        let item: [String: Any] = [
            "file": URL(fileURLWithPath: media).lastPathComponent, "kind": "video",
            "mime": "video/mp4; codecs=\"avc1.4d400d\"", "scheme": scheme, "keys": keys.map { [$0.key, $0.id] },
        ]
        _ = try folder.write("items.json", try JSONSerialization.data(withJSONObject: [item]))
        let script = Programs.repository.appendingPathComponent("Tests/Browser/decrypt.py").path
        let outcome = try run(Programs.outside("python3"), [script, keys[0].key, keys[0].id, folder.path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let results = try JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]] ?? []
        #expect(results.first?["outcome"] as? String == "ended", "\(outcome.text)")
        #expect((results.first?["frames"] as? Int ?? 0) > 100, "\(outcome.text)")
    }

    @Test func manifestsNameTheKeys() throws {
        let folder = try Folder()
        for encryption in ["cbc", "cenc", "cbcs-aapl"] {
            let master = String(
                decoding: try curl("\(periods.base)/manifest(format=m3u8-cmaf,encryption=\(encryption))").body,
                as: UTF8.self)
            let identities = master.split(separator: "\n").filter {
                $0.hasPrefix("#EXT-X-SESSION-KEY") && $0.contains("/keys/aes?kid=")
            }
            #expect(identities.count == 3, "\(master)")
            let answer = try curl("\(periods.base)/manifest(format=mpd-time-cmaf,encryption=\(encryption))")
            #expect(answer.status == 200)
            let mpd = try folder.write("\(encryption).mpd", answer.body)
            let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
            let checked = try run(
                Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
                environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
            #expect(checked.status == 0, "\(checked.errors)")
        }
    }

    @Test func operatorsSeeTheKeysAndTheirPeriods() throws {
        let shown = try site.data.must("asset", "show", "film-of-periods", "--json").json()
        let keys = shown["keys"] as? [[String: Any]] ?? []
        #expect(keys.count == 9)
        for encryption in ["cenc", "cbcs", "envelope"] {
            let own = keys.filter { $0["encryption"] as? String == encryption }
            #expect(own.map { $0["period"] as? Int } == [nil, 1, 2])
        }
    }

    @Test func tooManyPeriodsAreRefused() throws {
        let file = try site.data.folder.write(
            "short.yaml",
            Data(
                "kind: DeliveryPolicy\nname: none-lead\nprotocols: [hls]\nencryption: none\ncryptoPeriod: 2s\n".utf8))
        let outcome = try site.data.keyway("apply", file)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("cryptoPeriod"))
    }

    @Test func smoothStreamingIsRefusedWithTheReason() throws {
        let answer = try curl("\(periods.smooth)/manifest")
        #expect(answer.status == 415)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("crypto period"))
    }
}
