import Foundation
import TestSupport
import Testing

/// The origin decides from memory: what another process changes is in force for it soon after.
@Suite(.waiting) struct OriginMemoryTests {
    private let data: DataFolder
    private let server: RunningServer
    private let policies: String

    init() throws {
        data = try DataFolder()
        policies = data.folder.path + "/policies.yaml"
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        server = try RunningServer(data)
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
    }

    private func apply(_ name: String, protocols: String, encryption: String) throws {
        let text =
            "kind: DeliveryPolicy\nname: \(name)\nprotocols: [\(protocols)]\nencryption: \(encryption)\n"
        try data.must("apply", try data.folder.write("\(name).yaml", Data(text.utf8)))
    }

    /// The manifest's path within the presentation, once it is published under a policy.
    private func publish(_ policy: String, keysFor viewers: String? = "demo-viewers") throws -> String {
        let authorization = viewers.map { ["--auth", $0] } ?? []
        let published = try run(
            Programs.own("keyway"), ["publish", "film", "--delivery", policy, "--json"] + authorization,
            environment: data.environment
        ).json()
        return "\(server.origin)/\(try #require(published["locator"] as? String))/film.ism/"
    }

    /// Asks until the answer is another than before; the last answer.
    private func changed(_ url: String, from status: Int) throws -> Answer {
        var answer = try curl(url)
        _ = try eventually {
            answer = try curl(url)
            return answer.status != status
        }
        return answer
    }

    @Test func policiesThatChange() throws {
        try apply("moving", protocols: "hls, dash", encryption: "cenc")
        let root = try publish("moving")
        let (dash, hls) = (root + "manifest(format=mpd-time-cmaf,encryption=cenc)", root + "manifest(format=m3u8-cmaf)")
        let first = try curl(dash)
        #expect(first.status == 200)
        #expect(try curl(hls).status == 200)
        // From memory, with the same bytes.
        #expect(try curl(dash).body == first.body)
        try apply("moving", protocols: "hls", encryption: "cenc")
        #expect(try changed(dash, from: 200).status == 403)
        #expect(try curl(hls).status == 200)
        try apply("moving", protocols: "hls, dash", encryption: "cenc")
        let again = try changed(dash, from: 403)
        #expect(again.status == 200)
        #expect(again.body == first.body)
    }

    @Test func keysThatAreDisabled() throws {
        try apply("keyed", protocols: "dash", encryption: "cenc")
        let root = try publish("keyed")
        let manifest = root + "manifest(format=mpd-time-cmaf,encryption=cenc)"
        let text = try curl(manifest).text
        let keyID = try #require(text.firstMatch(of: /cenc:default_KID="([0-9a-f-]{36})"/)?.1)
        let track = try #require(text.firstMatch(of: /Representation id="(video[^"]+)"/)?.1)
        let segment = root + "v1/cenc/cmaf/\(track)/0.m4s"
        #expect(try curl(segment).status == 200)
        try data.must("key", "disable", String(keyID))
        #expect(try changed(segment, from: 200).status == 503)
        #expect(try changed(manifest, from: 200).status == 503)
        try data.must("key", "enable", String(keyID))
        #expect(try changed(segment, from: 503).status == 200)
        #expect(try curl(manifest).status == 200)
        // Without the key of its storage nothing of an asset is read, open as it may be.
        let keys = try data.must("key", "list", "--json").json()["keys"] as? [[String: Any]]
        let storage = try #require(keys?.first { $0["type"] as? String == "storage" }?["keyId"] as? String)
        try data.must("key", "disable", storage)
        #expect(try changed(segment, from: 200).status == 503)
        try data.must("key", "enable", storage)
        #expect(try changed(segment, from: 503).status == 200)
    }

    @Test func versionsThatCome() throws {
        try apply("again", protocols: "hls", encryption: "none")
        let root = try publish("again", keysFor: nil)
        let manifest = root + "manifest(format=m3u8-cmaf)"
        let path = try #require(try curl(manifest).text.firstMatch(of: /v1\/clear\/cmaf\/[^\/]+\/media.m3u8/)?.0)
        let playlist = root + path
        #expect(try curl(playlist).status == 200)
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        // The version before may hold what was taken down.
        #expect(try changed(playlist, from: 200).status == 404)
        #expect(try curl(manifest).text.contains("v2/clear/"))
    }

    /// No change of the catalog tells of an end.
    @Test func locatorsThatEnd() throws {
        try apply("ending", protocols: "hls", encryption: "none")
        let end = Date(timeIntervalSinceNow: 12)
        let published = try data.must(
            "publish", "film", "--delivery", "ending", "--end", ISO8601DateFormatter().string(from: end), "--json"
        ).json()
        let root = "\(server.origin)/\(try #require(published["locator"] as? String))/film.ism/"
        let manifest = root + "manifest(format=m3u8-cmaf)"
        let first = try curl(manifest)
        // A machine that is slower than this has seen the end only.
        if first.status == 200 { #expect(try curl(manifest).body == first.body) }
        #expect(try changed(manifest, from: 200).status == 404)
        #expect(Date() >= end.addingTimeInterval(-1))
    }

    /// The first answer is made by the router, the second is kept, and the third given again; with a page's origin it is
    /// another one.
    @Test func answersThatAreKept() throws {
        try apply("kept", protocols: "hls", encryption: "none")
        let root = try publish("kept", keysFor: nil)
        let manifest = root + "manifest(format=m3u8-cmaf)"
        let folder = try #require(try curl(manifest).text.firstMatch(of: /v1\/clear\/cmaf\/[^\/]+\//)?.0)
        for url in [manifest, root + folder + "media.m3u8", root + folder + "init.mp4", root + folder + "0.m4s"] {
            for options in [[], ["-H", "Origin: https://player.example"], ["--head"], ["-H", "If-None-Match: *"]] {
                let routed = try answer(url, options + ["-H", "Connection: close"])
                for _ in 0..<3 { #expect(try answer(url, options) == routed, "\(url) \(options)") }
            }
        }
    }

    private func answer(_ url: String, _ options: [String]) throws -> [String] {
        let answer = try curlWith(url, options)
        let headers = answer.headers.filter { !["date", "connection"].contains($0.key) }.map {
            "\($0.key): \($0.value)"
        }
        // With --head curl has the headers there, too.
        let body = options.contains("--head") ? "" : answer.body.base64EncodedString()
        return ["\(answer.status)", body] + headers.sorted()
    }

    @Test func locatorsThatAreRevoked() throws {
        try apply("going", protocols: "hls", encryption: "none")
        let root = try publish("going", keysFor: nil)
        let manifest = try curl(root + "manifest(format=m3u8-cmaf)").text
        let folder = try #require(manifest.firstMatch(of: /v1\/clear\/cmaf\/[^\/]+\//)?.0)
        let url = root + folder + "0.m4s"
        #expect(try curl(url).status == 200)
        let id = root.split(separator: "/")[2]
        try data.must("locator", "revoke", String(id))
        #expect(try changed(url, from: 200).status == 404)
    }
}

extension Answer {
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}
