import Foundation
import TestSupport
import Testing

/// An asset that is deleted and made again under its name is another one, and a server that had the first one open does not take
/// it for that.
@Suite(.waiting) struct RemadeAssetTests {
    private static let policies = """
        kind: DeliveryPolicy
        name: open
        protocols: [hls, dash]
        encryption: none
        ---
        kind: DeliveryPolicy
        name: closed
        protocols: [hls, dash]
        encryption: cenc

        """

    private func publish(_ data: DataFolder, _ server: RunningServer, _ policy: String) throws -> String {
        let viewers = policy == "closed" ? ["--auth", "demo-viewers"] : []
        let outcome = try run(
            Programs.own("keyway"), ["publish", "film", "--delivery", policy, "--json"] + viewers,
            environment: data.environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return "\(server.origin)/\(try outcome.json()["locator"] as? String ?? "")/film.ism"
    }

    /// The first segment of the film's pictures, as the playlist names it.
    private func picture(_ base: String, _ word: String) throws -> Data {
        let playlist = String(
            decoding: try curl("\(base)/manifest(format=m3u8-cmaf)").body, as: UTF8.self)
        let track = try #require(playlist.split(separator: "\n").first { !$0.hasPrefix("#") })
        #expect(track.contains("/\(word)/"))
        let media = "\(base)/\(track.split(separator: "/").dropLast().joined(separator: "/"))"
        let segments = String(decoding: try curl("\(media)/media.m3u8").body, as: UTF8.self).split(separator: "\n")
        let answer = try curl("\(media)/\(try #require(segments.first { $0.hasSuffix(".m4s") }))")
        #expect(answer.status == 200)
        return answer.body
    }

    @Test(arguments: ["open", "closed"]) func theNewOneIsServed(second: String) throws {
        let data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        try data.must("apply", try data.folder.write("p.yaml", Data(Self.policies.utf8)))
        let server = try RunningServer(data)
        defer { server.stop() }
        let (secret, trailer) = (Programs.clip("exo_sample.mp4"), Programs.clip("exo_frag.mp4"))
        try data.must("asset", "upload", "film", secret)
        let first = try publish(data, server, "closed")
        _ = try picture(first, "cenc")
        try data.must("locator", "revoke", first.split(separator: "/")[2].description)
        try data.must("asset", "delete", "film", "--force")
        try data.must("asset", "upload", "film", trailer)
        // What a server that never saw the first one sends.
        let word = second == "open" ? "clear" : "cenc"
        let base = try publish(data, server, second)
        let other = try RunningServer(data)
        defer { other.stop() }
        let wanted = try picture(base.replacing(server.origin, with: other.origin), word)
        #expect(try eventually { try curl("\(base)/manifest(format=m3u8-cmaf)").status == 200 })
        #expect(try picture(base, word) == wanted)
        #expect(wanted.count > 10_000)
    }
}
