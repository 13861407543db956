import Foundation
import TestSupport
import Testing

/// An asset whose pictures in high and in standard definition and whose sound have keys of their own: each track is opened by its
/// key and by no other, and players are told which.
@Suite(.waiting) struct ManyKeysTests {
    private final class KeySite: Sendable {
        static let shared = Result { try KeySite() }

        let site: Site
        let base: String
        let clear: String

        private init() throws {
            site = try Site.shared.get()
            let policies = ["cenc", "cbcs"].map {
                "kind: DeliveryPolicy\nname: keys-\($0)\nprotocols: [hls, dash]\nencryption: \($0)\nsignalling: [clearkey]\n"
                    + "keys: { video-sd: auto, video-hd: auto, audio: auto }\n"
            }
            let file = try site.data.folder.write("keys.yaml", Data(policies.joined(separator: "---\n").utf8))
            try site.data.must("apply", file)
            try site.data.must("encode", Programs.clip(), "--asset", "film-of-keys")
            let published = try site.data.must(
                "publish", "film-of-keys", "--auth", "demo-viewers", "--delivery", "keys-cenc", "--delivery",
                "keys-cbcs",
                "--json"
            ).json()
            let open = try site.data.must("publish", "film-of-keys", "--delivery", "clear", "--json").json()
            base = "\(site.server.origin)/\(published["locator"] as? String ?? "")/film-of-keys.ism"
            clear = "\(site.server.origin)/\(open["locator"] as? String ?? "")/film-of-keys.ism"
        }
    }

    private let keys: KeySite
    private var site: Site { keys.site }

    init() throws {
        keys = try KeySite.shared.get()
    }

    @Test(arguments: ["cenc", "cbcs-aapl"]) func eachTrackIsOpenedByItsKeyOnly(scheme: String) throws {
        let folder = try Folder()
        var found: [String: (id: String, key: String)] = [:]
        for track in Site.video + [Site.audio] {
            let source = try MediaProbe.whole(keys.clear, keys.clear, "clear", track, folder)
            let media = try MediaProbe.whole(keys.clear, keys.base, scheme, track, folder)
            let key = try ClearKeyLicence.key(for: Data(contentsOf: URL(fileURLWithPath: media)), site)
            #expect(!found.values.contains { $0.id == key.id || $0.key == key.key })
            let output = folder.path + "/\(track)-decrypted.mp4"
            let kind = track.hasPrefix("video") ? "video" : "audio"
            let stream = "in=\(media),stream=\(kind),output=\(output)"
            func decrypt(_ key: String, as id: String) throws -> Int32 {
                try run(
                    Programs.outside("packager-linux-x64"),
                    [stream, "--enable_raw_key_decryption", "--keys", "label=:key_id=\(id):key=\(key)"]
                ).status
            }
            let clear = try MediaProbe.frames(["-i", source])
            #expect(!clear.isEmpty)
            if let other = found.values.first {
                #expect(try decrypt(other.key, as: other.id) != 0)
                // The packager does not see that a key is wrong; decoders do.
                #expect(try decrypt(other.key, as: key.id) == 0)
                let shown = try run(
                    Programs.outside("ffmpeg"), ["-v", "error", "-xerror", "-i", output, "-f", "null", "-"])
                #expect(shown.status != 0 || !shown.errors.isEmpty)
            }
            #expect(try decrypt(key.key, as: key.id) == 0)
            #expect(try MediaProbe.frames(["-i", output]) == clear)
            found[track] = key
        }
        try checkSets(scheme, found.mapValues(\.id))
    }

    /// Each key has an adaptation set, and its descriptors stand there and nowhere else; those of the pictures name each other.
    private func checkSets(_ scheme: String, _ ids: [String: String]) throws {
        let folder = try Folder()
        let manifest = try curl("\(keys.base)/manifest(format=mpd-time-cmaf,encryption=\(scheme))").body
        let mpd = try folder.write("film.mpd", manifest)
        try SchemaCheck.check(mpd)
        let sets = String(decoding: manifest, as: UTF8.self).components(separatedBy: "<AdaptationSet ").dropFirst()
        var seen: Set<String> = []
        for set in sets {
            let parts = set.components(separatedBy: "<Representation ")
            let tracks = parts.dropFirst().compactMap { $0.firstMatch(of: /^id="([^"]*)"/).map { String($0.1) } }
            let named = parts[0].matches(of: /cenc:default_KID="([^"]*)"/).map { String($0.1).replacing("-", with: "") }
            #expect(named.count == 1 && parts[0].components(separatedBy: ":mp4protection:2011").count == 2)
            #expect(!parts.dropFirst().contains { $0.contains("ContentProtection") })
            // Renditions that are not among the tried ones share a key with one that is.
            #expect(Set(tracks.compactMap { ids[$0] }) == Set(named.filter(ids.values.contains)))
            #expect(seen.isDisjoint(with: named))
            seen.formUnion(named)
            #expect(
                parts[0].contains("adaptation-set-switching:2016") == parts[0].contains("contentType=\"video\""))
        }
        #expect(seen == Set(ids.values))
    }

    /// One licence request brings all of them.
    @Test func aLicenceBringsAllKeys() throws {
        let kids = try (Site.video + [Site.audio]).map { track in
            let media = try curl("\(keys.base)/v1/cenc/cmaf/\(track)/init.mp4").body
            let at = try #require(media.range(of: Data("tenc".utf8))).upperBound
            return media[(at + 8)..<(at + 24)].base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        }
        #expect(Set(kids).count == 3)
        let request = try JSONSerialization.data(withJSONObject: ["kids": kids, "type": "temporary"])
        let answer = try curl(
            "\(site.server.origin)/keys/clearkey", "-H", "Authorization: Bearer \(site.token)", "-d",
            String(decoding: request, as: UTF8.self))
        let licence = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        let released = licence?["keys"] as? [[String: String]] ?? []
        #expect(Set(released.compactMap { $0["kid"] }) == Set(kids))
        #expect(Set(released.compactMap { $0["k"] }).count == 3)
    }
}
