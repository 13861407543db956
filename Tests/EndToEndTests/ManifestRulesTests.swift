import Foundation
import TestSupport
import Testing

/// Manifests of everything that a delivery policy can ask for obey their standards: clear lead, crypto periods, several keys,
/// tracks in the clear, all protection systems, and all of that together.
@Suite(.waiting) struct ManifestRulesTests {
    /// What a policy says besides protocols and encryption, by name.
    private static let treatments = [
        "lead": "clearLead: 2s\n", "periods": "cryptoPeriod: 2s\n",
        "keys": "keys: { video-sd: auto, video-hd: auto, audio: auto }\n",
        "sound": "keys: { video: auto, audio: clear }\n",
        "all": "clearLead: 2s\ncryptoPeriod: 2s\nkeys: { video-sd: clear, video-hd: auto, audio: auto }\n",
    ]
    private static let encryptions = ["cbc": "envelope", "cenc": "cenc", "cbcs-aapl": "cbcs"]

    private final class TreatedSite: Sendable {
        static let shared = Result { try TreatedSite() }

        let site: Site
        /// By treatment.
        let bases: [String: String]

        private init() throws {
            site = try Site.shared.get()
            var (documents, bases): ([String], [String: String]) = ([], [:])
            for (treatment, more) in treatments {
                for encryption in encryptions.values {
                    let systems = [
                        "cenc": "signalling: [clearkey, widevine, playready]\n",
                        "cbcs": "signalling: [clearkey, widevine, playready, fairplay]\n",
                    ]
                    documents.append(
                        "kind: DeliveryPolicy\nname: rules-\(treatment)-\(encryption)\nprotocols: [hls, dash]\n"
                            + "encryption: \(encryption)\n" + more + (systems[encryption] ?? ""))
                }
            }
            let file = try site.data.folder.write("rules.yaml", Data(documents.joined(separator: "---\n").utf8))
            try site.data.must("apply", file)
            for treatment in treatments.keys.sorted() {
                // An asset's tracks keep the keys that they first had.
                let asset = "film-of-\(treatment)-rules"
                try site.data.must("encode", Programs.clip(), "--asset", asset)
                let published = try site.data.must(
                    "publish", asset, "--auth", "demo-viewers", "--delivery", "rules-\(treatment)-envelope",
                    "--delivery",
                    "rules-\(treatment)-cenc", "--delivery", "rules-\(treatment)-cbcs", "--json"
                ).json()
                bases[treatment] = "\(site.server.origin)/\(published["locator"] as? String ?? "")/\(asset).ism"
            }
            self.bases = bases
        }
    }

    private let treated: TreatedSite

    init() throws {
        treated = try TreatedSite.shared.get()
    }

    private static let names = treatments.keys.sorted()

    private static let playlists = [
        "m3u8-cmaf,encryption=cbc", "m3u8-cmaf,encryption=cenc", "m3u8-cmaf,encryption=cbcs-aapl",
        "m3u8-aapl,encryption=cbc", "m3u8-aapl,encryption=cbcs-aapl", "m3u8-aapl-v3,encryption=cbc",
    ]

    @Test(arguments: Extent.pairs(playlists, names))
    func playlistsObey(format: String, treatment: String) throws {
        let url = "\(try #require(treated.bases[treatment]))/manifest(format=\(format))"
        // Pictures and sound of one segment are under one key, or none.
        if format.hasPrefix("m3u8-aapl-v3"), ["keys", "sound", "all"].contains(treatment) {
            #expect(try curl(url).status == 415)
            return
        }
        let seen = try PlaylistTests.check(url)
        #expect(seen.playlists >= 6 && seen.segments >= 15)
    }

    @Test(arguments: Extent.pairs(names, ["mpd-time-cmaf", "mpd-time-csf"])) func presentationsObey(
        treatment: String, format: String
    ) throws {
        let folder = try Folder()
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        for encryption in Self.encryptions.keys {
            let url = "\(try #require(treated.bases[treatment]))/manifest(format=\(format),encryption=\(encryption))"
            let answer = try curl(url)
            #expect(answer.status == 200)
            let mpd = try folder.write("\(encryption).mpd", answer.body)
            let checked = try run(
                Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
                environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
            #expect(checked.status == 0, "\(encryption): \(checked.errors)")
        }
    }
}
