import Foundation
import TestSupport
import Testing

/// No (key, counter block) is used twice, and CBC starts anew wherever the format lets it: seen from outside, over the
/// tracks, versions, keys, crypto periods, formats and delivery policies of an asset.
@Suite(.waiting) struct StartingVectorTests {
    private static let encryptions = ["envelope", "cenc", "cbcs"]
    private static let manifests = [
        "m3u8-aapl,encryption=cbc", "m3u8-aapl-v3,encryption=cbc", "m3u8-cmaf,encryption=cbc",
        "mpd-time-cmaf,encryption=cenc", "m3u8-cmaf,encryption=cenc", "m3u8-cmaf,encryption=cbcs-aapl",
        "m3u8-aapl,encryption=cbcs-aapl",
    ]

    /// What a policy says besides, and whether one segment may hold pictures and sound under it. All over the same asset, so
    /// that keys of one label and period are shared by them.
    private static let treatments = [
        ("whole", "", true), ("lead", "clearLead: 2s\n", true), ("periods", "cryptoPeriod: 2s\n", true),
        ("keys", "keys: { video-sd: auto, video: auto, audio: auto }\n", false),
        ("sound", "keys: { all: auto, audio: clear }\n", false),
    ]

    private struct Seen {
        var broken: [String]
        var blocks: Int
        var samples: Int
        var segments: Int
        var constants: Int
        var keys: Int
    }

    /// Everything of the asset's present version, held against what was seen before.
    private func look(_ data: DataFolder, _ server: RunningServer, _ state: String, _ locators: [String]) throws -> Seen
    {
        var urls: [String] = []
        for (locator, treatment) in zip(locators, Self.treatments) {
            for manifest in Self.manifests where treatment.2 || !manifest.hasPrefix("m3u8-aapl-v3") {
                urls.append("\(server.origin)/\(locator)/film.ism/manifest(format=\(manifest))")
            }
        }
        let script = Programs.repository.appendingPathComponent("Tests/IVs/check.py").path
        let outcome = try run(Programs.outside("python3"), [script, state] + urls)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try outcome.json()
        return Seen(
            broken: try #require(report["broken"] as? [String]), blocks: report["blocks"] as? Int ?? 0,
            samples: report["samples"] as? Int ?? 0, segments: report["segments"] as? Int ?? 0,
            constants: report["constants"] as? Int ?? 0, keys: report["keys"] as? Int ?? 0)
    }

    @Test func nothingIsUsedTwice() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let documents = Self.treatments.flatMap { name, more, _ in
            Self.encryptions.map {
                "kind: DeliveryPolicy\nname: \(name)-\($0)\nprotocols: [hls, dash]\nencryption: \($0)\n" + more
            }
        }
        try data.must("apply", try data.folder.write("all.yaml", Data(documents.joined(separator: "---\n").utf8)))
        let server = try RunningServer(data)
        let state = data.folder.path + "/seen.json"
        var (locators, seen): ([String], [Seen]) = ([], [])
        // The second version is the first one over again under the same keys, the third another film under new keys.
        for clip in ["bigbuckbunny_720p.mp4", "bigbuckbunny_720p.mp4", "exo_sample.mp4"] {
            if seen.count == 2 { try data.must("key", "rotate", "--asset", "film") }
            try data.must("encode", Programs.clip(clip), "--asset", "film")
            if locators.isEmpty {
                for (name, _, _) in Self.treatments {
                    let published = try data.must(
                        "publish", "film", "--auth", "demo-viewers", "--delivery", "\(name)-envelope", "--delivery",
                        "\(name)-cenc", "--delivery", "\(name)-cbcs", "--json"
                    ).json()
                    locators.append(try #require(published["locator"] as? String))
                }
            }
            let now = try look(data, server, state, locators)
            #expect(now.broken == [])
            if let before = seen.last {
                // The new version was encrypted, and with IVs of its own: what was there before is counted once.
                #expect(now.blocks > before.blocks && now.samples > before.samples)
                #expect(now.segments > before.segments && now.constants > before.constants)
                #expect((now.keys > before.keys) == (seen.count == 2))
            }
            seen.append(now)
        }
        #expect(seen[0].samples > 1000 && seen[0].segments > 50 && seen[0].constants >= 24 && seen[0].keys > 10)
        // The film that came back has numbers of its own.
        #expect(seen[1].samples == 2 * seen[0].samples)
    }
}
