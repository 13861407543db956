import Foundation
import TestSupport
import Testing

/// A key is rotated while its asset is served: what caches and players hold of the old version plays on with the old key,
/// the new version with the new key.
@Suite(.waiting) struct RotationTests {
    private static let track = "audio-und-128k"

    private func frames(_ playlist: String) throws -> [String] {
        let outcome = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-protocol_whitelist", "file,http,tcp,crypto,data", "-allowed_extensions", "ALL", "-i",
                playlist, "-f", "framemd5", "-",
            ])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map(String.init)
        }
    }

    private func key(of playlist: String) throws -> String {
        let text = String(decoding: try curl(playlist).body, as: UTF8.self)
        #expect(text.contains("#EXTM3U"), "\(playlist): \(text)")
        let uri = try #require(text.components(separatedBy: "URI=\"").dropFirst().first?.split(separator: "\"").first)
        return String(uri.suffix(36))
    }

    /// What a cache holds: the playlist and its segments as they were sent. The keys are not in it.
    private func cached(_ playlist: String, in folder: Folder) throws -> String {
        let text = String(decoding: try curl(playlist).body, as: UTF8.self)
        let base = playlist.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let segment = try curl("\(base)/\(line)")
            #expect(segment.status == 200)
            _ = try folder.write(String(line), segment.body)
        }
        return try folder.write("media.m3u8", Data(text.utf8))
    }

    @Test func bothVersionsPlayEachWithItsKey() throws {
        let data = try DataFolder()
        let documents = """
            kind: AuthorizationPolicy
            name: open
            options: [{ name: o, delivery: [aes], restrictions: [open] }]
            ---
            kind: DeliveryPolicy
            name: hls
            protocols: [hls]
            encryption: envelope

            """
        try data.must("apply", try data.folder.write("policies.yaml", Data(documents.utf8)))
        try data.must("encode", Programs.clip(), "--asset", "film")
        let locator = try data.must("publish", "film", "--auth", "open", "--delivery", "hls", "--json").json()[
            "locator"]
        let server = try RunningServer(data)
        defer { server.stop() }
        let base = "\(server.origin)/\(locator as? String ?? "")/film.ism"
        func playlist(_ version: Int) -> String { "\(base)/v\(version)/cbc/ts/\(Self.track)/media.m3u8" }
        let first = try frames(playlist(1))
        let oldKey = try key(of: playlist(1))
        let cache = try Folder()
        let old = try cached(playlist(1), in: cache)
        #expect(!first.isEmpty)

        let rotated =
            try data.must("key", "rotate", "--asset", "film", "--json").json()["rotations"] as? [[String: Any]]
        let newKey = try #require(rotated?.first?["newKeyId"] as? String)
        #expect(rotated?.first?["oldKeyId"] as? String == oldKey)
        // Nothing changes for the version that is there.
        #expect(try key(of: playlist(1)) == oldKey)
        try data.must("encode", Programs.clip(), "--asset", "film")
        let current = String(
            decoding: try curl("\(base)/manifest(format=m3u8-aapl,encryption=cbc)").body, as: UTF8.self)
        #expect(current.contains("v2/") && !current.contains("v1/"))
        #expect(try key(of: playlist(2)) == newKey)
        #expect(try frames(old) == first)
        #expect(try frames(playlist(2)) == first)
        // A segment of one version does not open with the key of the other.
        let swapped = try String(contentsOfFile: old, encoding: .utf8).replacingOccurrences(of: oldKey, with: newKey)
        let outcome = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-protocol_whitelist", "file,http,tcp,crypto,data", "-allowed_extensions", "ALL", "-i",
                try cache.write("swapped.m3u8", Data(swapped.utf8)), "-f", "null", "-",
            ])
        #expect(outcome.status != 0 || outcome.errors != "")
        #expect(try data.keyway("key", "delete", oldKey).status == 65)
        // Each version needs its own key, and only that.
        try data.must("key", "disable", oldKey)
        // In force within a second, in a server that may have little of the machine.
        var status = 200
        for _ in 0..<600 where status != 404 {
            status = try curl("\(server.origin)/keys/aes?kid=\(oldKey)").status
            if status != 404 { usleep(50_000) }
        }
        #expect(status == 404)
        #expect(try curl("\(server.origin)/keys/aes?kid=\(newKey)").body.count == 16)
        #expect(try frames(playlist(2)) == first)
    }
}
