import Foundation
import TestSupport
import Testing

/// What the protection systems of a delivery policy find in manifests and init segments, as readers that are not ours see
/// it.
@Suite(.waiting) struct SignallingTests {
    /// The shared asset under policies that speak to every system, and under one that speaks to one.
    private final class Published: Sendable {
        static let shared = Result { try Published() }

        let site: Site
        let all: String
        let one: String

        init() throws {
            site = try Site.shared.get()
            let file = try site.data.folder.write(
                "signalling.yaml",
                Data(
                    """
                    kind: DeliveryPolicy
                    name: all-cbcs
                    protocols: [hls, dash]
                    encryption: cbcs
                    signalling: [clearkey, widevine, playready, fairplay]
                    ---
                    kind: DeliveryPolicy
                    name: all-cenc
                    protocols: [hls, dash]
                    encryption: cenc
                    signalling: [clearkey, widevine, playready]
                    ---
                    kind: DeliveryPolicy
                    name: only-widevine
                    protocols: [hls, dash]
                    encryption: cbcs
                    signalling: [widevine]
                    """.utf8))
            try site.data.must("apply", file)
            func publish(_ policies: String...) throws -> String {
                let arguments = ["publish", "film", "--auth", "demo-viewers", "--json"]
                let outcome = try run(
                    Programs.own("keyway"), arguments + policies.flatMap { ["--delivery", $0] },
                    environment: Site.shared.get().data.environment)
                let published = try outcome.json()
                return "/\(published["locator"] as? String ?? "")/film.ism"
            }
            all = site.server.origin + (try publish("all-cbcs", "all-cenc"))
            one = site.server.origin + (try publish("only-widevine"))
        }
    }

    private let published: Published
    private let site: Site

    init() throws {
        published = try Published.shared.get()
        site = published.site
    }

    private static let video = Site.video[0]
    private static let systems = ["1077efec", "9a04f079", "edef8ba9"]

    /// The boxes in some bytes, in order of the system.
    private func boxes(_ bytes: Data) throws -> [[String: Any]] {
        let folder = try Folder()
        let script = Programs.repository.appendingPathComponent("Tests/ProtectionSystems/describe.py").path
        let outcome = try run(Programs.outside("python"), [script, try folder.write("boxes", bytes)])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]])
    }

    private func check(_ boxes: [[String: Any]], _ scheme: String, _ keyID: String, url: String?) throws {
        #expect(boxes.compactMap { ($0["system"] as? String).map { String($0.prefix(8)) } } == Self.systems)
        #expect(boxes[0]["keyIDs"] as? [String] == [keyID])
        let playReady = try #require(boxes[1]["playready"] as? [String: Any])
        #expect(playReady["version"] as? String == (scheme == "cenc" ? "4.0.0.0" : "4.3.0.0"))
        let key = try #require((playReady["keys"] as? [[Any]])?.first)
        #expect(key[0] as? String == keyID)
        #expect(key[1] as? String == (scheme == "cenc" ? "AESCTR" : "AESCBC"))
        #expect((key[2] is String) == (scheme == "cenc"))
        #expect(playReady["url"] as? String == url)
        let widevine = try #require(boxes[2]["widevine"] as? [String: Any])
        #expect(widevine["keyIDs"] as? [String] == [keyID])
        #expect(widevine["scheme"] as? String == scheme)
    }

    private func values(_ file: String, _ path: String) throws -> [String] {
        try run(Programs.outside("xmllint"), ["--nonet", "--xpath", path, file]).text.split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    private func descriptor(_ system: String, _ part: String) -> String {
        "//*[local-name()='ContentProtection'][starts-with(@schemeIdUri,'urn:uuid:\(system)')]/*[local-name()='\(part)']"
            + "/text()"
    }

    @Test(arguments: ["cenc", "cbcs"])
    func dashSpeaksToEverySystem(scheme: String) throws {
        let folder = try Folder()
        let word = scheme == "cenc" ? "cenc" : "cbcs-aapl"
        let answer = try curl("\(published.all)/manifest(format=mpd-time-cmaf,encryption=\(word))")
        #expect(answer.status == 200)
        let mpd = try folder.write("film.mpd", answer.body)
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let checked = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        #expect(checked.status == 0, "\(checked.errors)")
        let attribute = try values(mpd, "//@*[local-name()='default_KID']")
        let keyID = try #require(attribute.first?.split(separator: "\"").last.map(String.init))
        var pssh = Data()
        for system in Self.systems {
            let text = try values(mpd, descriptor(system, "pssh")).first ?? ""
            pssh.append(try #require(Data(base64Encoded: text)))
        }
        let licences = "\(site.server.origin)/keys/playready"
        try check(try boxes(pssh), scheme, keyID, url: licences)
        let object = try #require(values(mpd, descriptor("9a04f079", "pro")).first.flatMap { Data(base64Encoded: $0) })
        #expect(pssh.range(of: object) != nil)
        #expect(try values(mpd, descriptor("9a04f079", "Laurl")).first == licences)
        #expect(try values(mpd, descriptor("e2719d58", "Laurl")).first == "\(site.server.origin)/keys/clearkey")
        let widevine = try #require(values(mpd, descriptor("edef8ba9", "Laurl")).first)
        #expect(widevine.hasPrefix("\(site.server.origin)/keys/widevine?kid=") && widevine.contains(keyID))
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("94ce86fb"))
    }

    @Test(arguments: ["cenc", "cbcs"])
    func initSegmentsSpeakToEverySystemWithoutAnAddress(scheme: String) throws {
        let word = scheme == "cenc" ? "cenc" : "cbcs-aapl"
        let segment = try curl("\(published.all)/v1/\(word)/cmaf/\(Self.video)/init.mp4").body
        let at = try #require(segment.range(of: Data("tenc".utf8))).upperBound + 8
        let hex = segment[at..<(at + 16)].map { String(format: "%02x", $0) }.joined()
        let keyID = try #require(UUID(uuidString: dashed(hex))).uuidString.lowercased()
        try check(try boxes(segment), scheme, keyID, url: nil)
        // What one system more says changes no other byte.
        let usual = try curl("\(site.protected)/v1/\(word)/cmaf/\(Self.video)/init.mp4").body
        #expect(try boxes(usual).count == 1)
    }

    private func dashed(_ hex: String) -> String {
        let digits = Array(hex)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    /// As the PyPI package m3u8 reads the playlist.
    private func keys(_ url: String, _ member: String = "keys") throws -> [[String: String]] {
        let script =
            "import json,m3u8,sys; p=m3u8.loads(sys.stdin.read()); print(json.dumps("
            + "[{k: v for k, v in vars(x).items() if isinstance(v, str)} for x in getattr(p, '\(member)') if x]))"
        let outcome = try run(Programs.outside("python"), ["-c", script], input: try curl(url).body)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [[String: String]])
    }

    /// What players may fetch in advance is what they will need, and nothing more.
    @Test(arguments: ["cenc", "cbcs"])
    func theMultivariantPlaylistNamesTheKeysOfAllPlaylists(scheme: String) throws {
        let word = scheme == "cenc" ? "cenc" : "cbcs-aapl"
        let session = try keys("\(published.all)/manifest(format=m3u8-cmaf,encryption=\(word))", "session_keys")
        var used: Set<[String: String]> = []
        for track in Site.video + [Site.audio] {
            for var key in try keys("\(published.all)/v1/\(word)/cmaf/\(track)/media.m3u8") {
                key["iv"] = nil
                used.insert(key.filter { $0.key != "base_uri" && $0.key != "_extra_params" })
            }
        }
        #expect(Set(session.map { $0.filter { $0.key != "base_uri" && $0.key != "_extra_params" } }) == used)
        #expect(session.count == used.count && session.allSatisfy { $0["iv"] == nil })
        #expect(session.count == (scheme == "cbcs" ? 4 : 3))
    }

    @Test(arguments: ["cenc", "cbcs"])
    func playlistsSpeakToEverySystem(scheme: String) throws {
        let word = scheme == "cenc" ? "cenc" : "cbcs-aapl"
        let keys = try keys("\(published.all)/v1/\(word)/cmaf/\(Self.video)/media.m3u8")
        let fairPlay = scheme == "cbcs" ? ["com.apple.streamingkeydelivery"] : []
        #expect(
            keys.map { $0["keyformat"] } == [
                "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", "com.microsoft.playready",
            ]
                + fairPlay + ["identity"])
        #expect(Set(keys.map { $0["method"] }) == [scheme == "cenc" ? "SAMPLE-AES-CTR" : "SAMPLE-AES"])
        let keyID = try #require(keys.last?["uri"]?.split(separator: "=").last.map(String.init))
        func data(_ number: Int) throws -> Data {
            try #require(keys[number]["uri"]?.split(separator: ",").last.flatMap { Data(base64Encoded: String($0)) })
        }
        let widevine = try #require(try boxes(data(0)).first?["widevine"] as? [String: Any])
        #expect(widevine["keyIDs"] as? [String] == [keyID])
        let text = try #require(String(data: try data(1).dropFirst(10), encoding: .utf16LittleEndian))
        #expect(text.contains("<LA_URL>\(site.server.origin)/keys/playready</LA_URL>"))
        if scheme == "cbcs" {
            let address = site.server.origin.replacingOccurrences(of: "http://", with: "skd://")
            #expect(keys[2]["uri"] == "\(address)/keys/fairplay?kid=\(keyID)")
        }
    }

    /// Nobody is spoken to who was not named.
    @Test func onlyWhatThePolicyNamesIsSignalled() throws {
        let mpd = String(
            decoding: try curl("\(published.one)/manifest(format=mpd-time-cmaf)").body, as: UTF8.self)
        #expect(mpd.contains("edef8ba9") && !mpd.contains("9a04f079"))
        #expect(!mpd.contains("1077efec") && !mpd.contains("e2719d58"))
        let keys = try keys("\(published.one)/v1/cbcs-aapl/cmaf/\(Self.video)/media.m3u8")
        #expect(keys.map { $0["keyformat"] } == ["urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"])
    }

    /// The usual signalling is what it was before there was a choice.
    @Test func withoutAChoiceItIsClearKey() throws {
        let mpd = String(
            decoding: try curl("\(site.protected)/manifest(format=mpd-time-cmaf,encryption=cenc)").body, as: UTF8.self)
        #expect(mpd.contains("1077efec") && mpd.contains("e2719d58"))
        #expect(!mpd.contains("edef8ba9") && !mpd.contains("mspr"))
        let keys = try keys("\(site.protected)/v1/cbcs-aapl/cmaf/\(Self.video)/media.m3u8")
        #expect(keys.map { $0["keyformat"] } == ["identity"])
    }

    /// A decrypter that is not ours is not confused by more boxes.
    @Test func shakaPackagerDecryptsWithEverySystemSignalled() throws {
        let folder = try Folder()
        let root = "\(published.all)/v1/cbcs-aapl/cmaf/\(Self.video)"
        var media = try curl("\(root)/init.mp4").body
        let playlist = String(decoding: try curl("\(root)/media.m3u8").body, as: UTF8.self)
        for line in playlist.split(separator: "\n") where line.hasSuffix(".m4s") {
            media.append(try curl("\(root)/\(line)").body)
        }
        let keyURL = try #require(try keys("\(root)/media.m3u8").last?["uri"])
        let key = try curl(keyURL, "-H", "Authorization: Bearer \(site.token)").body
        let output = folder.path + "/clear.mp4"
        let decrypted = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(try folder.write("in.mp4", media)),stream=video,output=\(output)", "--enable_raw_key_decryption",
                "--keys",
                "label=:key_id=\(keyURL.split(separator: "=").last?.replacingOccurrences(of: "-", with: "") ?? ""):"
                    + "key=\(key.map { String(format: "%02x", $0) }.joined())",
            ])
        #expect(decrypted.status == 0, "\(decrypted.errors)")
        let frames = try run(Programs.outside("ffmpeg"), ["-v", "error", "-i", output, "-f", "framemd5", "-"])
        #expect(frames.errors.isEmpty && frames.text.split(separator: "\n").count > 100)
    }
}
