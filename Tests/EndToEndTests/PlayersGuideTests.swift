import Foundation
import TestSupport
import Testing

/// The lines of the players' cookbook that can be run here, taken from its page and run.
@Suite(.waiting) struct PlayersGuideTests {
    private static let blocks = Result {
        try String(
            contentsOf: Programs.repository.appendingPathComponent("Documentation/players-cookbook.md"), encoding: .utf8
        ).components(separatedBy: "```sh\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    private let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    /// The first key of the shared asset's `cenc` tracks, as a player is given it.
    private func key() throws -> String {
        let keys = try site.data.must("asset", "show", "film", "--json").json()["keys"] as? [[String: Any]] ?? []
        let kid = try #require(keys.first { $0["encryption"] as? String == "cenc" }?["keyId"] as? String)
        let bytes = withUnsafeBytes(of: try #require(UUID(uuidString: kid)).uuid) { Data($0) }
        let name = bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
        let answer = try curl(
            site.server.origin + "/keys/clearkey", "-H", "Authorization: Bearer \(site.token)", "-d",
            #"{"kids":["\#(name)"],"type":"temporary"}"#)
        let set = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        let text = try #require((set?["keys"] as? [[String: Any]])?.first?["k"] as? String)
        let padded = text.replacing("-", with: "+").replacing("_", with: "/") + "=="
        return try #require(Data(base64Encoded: padded)).map { String(format: "%02x", $0) }.joined()
    }

    @Test func playersPlayAsThePageSays() throws {
        let blocks = try Self.blocks.get()
        #expect(blocks.count == 4)
        let tools = try ["ffmpeg", "gst-launch-1.0"].map {
            URL(fileURLWithPath: try Programs.outside($0)).deletingLastPathComponent().path
        }
        let path = (tools + [ProcessInfo.processInfo.environment["PATH"] ?? ""]).joined(separator: ":")
        for block in blocks {
            let folder = try Folder()
            func play(token: String, key: String) throws -> Outcome {
                try run(
                    "/bin/sh", ["-euc", block],
                    environment: ["URL": site.protected, "TOKEN": token, "KEY": key, "PATH": path],
                    workingFolder: URL(fileURLWithPath: folder.path))
            }
            let played = try play(token: site.token, key: try key())
            #expect(played.status == 0, "\(block): \(played.errors)")
            if block.contains("framemd5") {
                #expect(played.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count >= 20)
                continue
            }
            let frames = try FormsSite.frames(["-i", folder.path + "/out.h264"], "0:v:0")
            #expect(frames.count >= 100)
            // Without a token there is no key.
            _ = try play(token: "none", key: "")
            #expect(((try? Data(contentsOf: folder.url("out.h264")))?.count ?? 0) < 1000)
        }
    }

    /// The page's script with hls.js in Chromium, in every format that the page says of it. Without a token there is no key.
    @Test(
        arguments: Extent.sample(
            [
                "m3u8-aapl,encryption=cbc", "m3u8-aapl-v3,encryption=cbc", "m3u8-cmaf,encryption=cbc",
                "m3u8-aapl,encryption=cbcs-aapl",
            ], every: 2))
    func hlsjsPlaysAsThePageSays(format: String) throws {
        let page = try String(
            contentsOf: Programs.repository.appendingPathComponent("Documentation/players-cookbook.md"),
            encoding: .utf8)
        let section = try #require(page.components(separatedBy: "## hls.js\n").dropFirst().first)
        let script = try #require(section.components(separatedBy: "```js\n").dropFirst().first)
            .components(separatedBy: "```")[0]
        let named = "format=m3u8-aapl,encryption=cbc"
        try #require(script.contains(named))
        func play(token: String) throws -> [String: Any] {
            let outcome = try run(
                Programs.outside("python3"),
                [
                    Programs.repository.appendingPathComponent("Tests/Browser/hlsjs.py").path,
                    Programs.repository.appendingPathComponent(".tools/hls.js").path,
                    script.replacing(named, with: "format=\(format)"), site.protected, site.server.origin + "/keys",
                ], environment: ["TOKEN": token])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try outcome.json()
        }
        let played = try play(token: site.token)
        #expect(played["ended"] as? Bool == true, "\(played)")
        #expect(played["version"] as? String == "1.6.15")
        #expect((played["frames"] as? Int ?? 0) > 100 && (played["sound"] as? Int ?? 0) > 10_000)
        let refused = try play(token: "none")
        #expect(refused["ended"] as? Bool == false && refused["frames"] as? Int == 0)
        let errors = refused["errors"] as? [[String: Any]] ?? []
        #expect(errors.contains { $0["fatal"] as? Bool == true && $0["status"] as? Int == 401 }, "\(errors)")
    }
}
