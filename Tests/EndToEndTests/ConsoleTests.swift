import Foundation
import TestSupport
import Testing

/// The operators' console: what is served, and what a real browser makes of it.
@Suite(.serialized, .waiting) struct ConsoleTests {
    /// A text that would do harm wherever a page took it for markup.
    static let hostile = #"<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"'`${7*7}"#

    /// A served folder with two assets, of which one is published, a token of every role, and a log that somebody wrote hostile
    /// texts into. The walk changes it, so each has its own.
    private final class ConsoleSite {
        let data: DataFolder
        let server: RunningServer
        let tokens: [String: String]
        let viewer: String
        let hostile: String

        init() throws {
            data = try DataFolder()
            try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            let endpoint = try data.folder.write("endpoint.yaml", Data("kind: StreamingEndpoint\nname: default\n".utf8))
            let clear = try data.folder.write(
                "clear.yaml",
                Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash, progressive]\nencryption: none\n".utf8))
            try data.must("apply", "Policies", "Keys", endpoint, clear)
            for asset in ["film", "film", "trailer"] {
                // Of the two assets one has a poster.
                let poster = asset == "film" ? ["--poster", "best"] : []
                let made = try run(
                    Programs.own("keyway"), ["encode", Programs.clip("exo_sample.mp4"), "--asset", asset] + poster,
                    environment: data.environment)
                guard made.status == 0 else { throw VerbFailed(arguments: ["encode", asset], outcome: made) }
            }
            try data.must("asset", "file", "add", "film", Programs.clip("exo_sample.mp4"), "--name", "master.mp4")
            try data.must("asset", "file", "add", "film", Programs.clip(), "--name", "long.mp4")
            let published = try data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "hls-cbcs",
                "--delivery",
                "dash-cenc", "--json"
            ).json()
            try data.must("publish", "film", "--delivery", "clear")
            var tokens: [String: String] = [:]
            for role in AdminSite.roles {
                tokens[role] = try Self.line(data.must("admin", "token", "create", "the-\(role)", "--role", role))
            }
            self.tokens = tokens
            viewer = try Self.line(data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h"))
            hostile = try Self.line(
                data.must(
                    "token", "issue", "--policy", "demo-viewers", "--lifetime", "1h", "--subject", ConsoleTests.hostile)
            )
            let backups = data.folder.url("backups")
            try FileManager.default.createDirectory(at: backups, withIntermediateDirectories: false)
            server = try RunningServer(data, environment: ["KEYWAY_BACKUPS_FOLDER": backups.path])
            let keys = try data.must("asset", "show", "film", "--json").json()["keys"] as? [[String: Any]] ?? []
            let key = keys.first { $0["encryption"] as? String == "envelope" }?["keyId"] as? String ?? ""
            #expect(published["locator"] != nil)
            // What a viewer's token says goes into the audit log as it is.
            let address = "\(server.origin)/keys/aes?kid=\(key)"
            #expect(try curl(address, "-H", "Authorization: Bearer \(hostile)").status == 200)
            #expect(try curl(address).status == 401)
        }

        /// An index of the asset that can be spared: what verifies it reads as much of it as there is.
        private var slow: String? {
            data.mediaFiles().first { $0.contains("/trailer/") && $0.contains("index") }
                .map { data.folder.path + "/media/" + $0 }
        }

        private static func line(_ outcome: Outcome) -> String {
            outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// What the walk is told, on standard input: tokens are no arguments.
        func told() throws -> Data {
            try JSONSerialization.data(withJSONObject: [
                "admin": server.admin, "tokens": tokens, "viewer": viewer, "hostile": hostile, "asset": "film",
                "spare": "trailer", "slow": slow ?? "",
            ])
        }
    }

    private func walk(_ script: String, _ site: ConsoleSite, _ folder: Folder) throws {
        let outcome = try run(
            Programs.outside("python3"),
            [
                Programs.repository.appendingPathComponent("Tests/Browser/\(script)").path, "--folder", folder.path,
                "--chromedriver", Programs.outside("chromedriver"), "--chromium", Programs.outside("chromium"),
            ], input: site.told())
        #expect(outcome.status == 0, "\(outcome.text) \(outcome.errors)")
        // Everything that any page showed is held against every key of the folder at the end of the suite.
        let pages = try Data(contentsOf: folder.url("pages.html"))
        #expect(pages.count > 1000)
        SecretWatch.saw("the console's pages", pages)
    }

    @Test(.timeLimit(.minutes(10))) func everyPageIsAsItMustBe() throws {
        let site = try ConsoleSite()
        // A key whose bytes are known: no page may have them, in any form.
        let key = Data((0..<16).map { UInt8($0 * 13 + 7) })
        let digits = key.map { String(format: "%02x", $0) }.joined()
        try site.data.must(
            "key", "import", "--kid", "0b0c5bb1-93ef-4f36-9b43-6d1d0f6c4a11", "--type", "envelope", "--name", "known",
            input: Data("hex:\(digits)".utf8))
        let folder = try Folder()
        try walk("console.py", site, folder)
        let pages = String(decoding: try Data(contentsOf: folder.url("pages.html")), as: UTF8.self)
        #expect(pages.contains("0b0c5bb1-93ef-4f36-9b43-6d1d0f6c4a11"))
        #expect(!pages.lowercased().contains(digits))
        #expect(!pages.contains(key.base64EncodedString().prefix(20)))
        for token in site.tokens.values { #expect(!pages.contains(token)) }
        // The log of all this is whole, and the names of who acted are in it.
        #expect(try site.data.must("audit", "verify").text.hasPrefix("intact"))
    }

    /// Against a stand-in that has jobs, before this very server.
    @Test(.enabled(if: Extent.isWhole), .timeLimit(.minutes(10))) func jobsAreFollowedWhereTheServerHasThem() throws {
        try walk("console_jobs.py", ConsoleSite(), Folder())
    }

    @Test func filesAreOpenAndStrict() throws {
        let site = try AdminSite.shared.get()
        let start = try site.ask("GET", "/", token: nil)
        #expect(start.status == 303)
        #expect(start.headers["location"] == "/console/")
        #expect(try site.ask("GET", "/console", token: nil).headers["location"] == "/console/")
        for path in [
            "/console/", "/console/main.js", "/console/console.css", "/console/icon.svg", "/console/play/",
            "/console/play/play.js", "/console/play/playback.js",
        ] {
            let answer = try site.ask("GET", path, token: nil)
            #expect(answer.status == 200, "\(path)")
            let policy = answer.headers["content-security-policy"] ?? ""
            #expect(policy.contains("default-src 'self'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(answer.headers["referrer-policy"] == "no-referrer")
            #expect(answer.headers["cross-origin-opener-policy"] == "same-origin")
            #expect(answer.headers["set-cookie"] == nil)
            #expect(answer.headers["access-control-allow-origin"] == nil)
        }
        let player = try site.ask("GET", "/console/play/", token: nil).headers["content-security-policy"] ?? ""
        #expect(player.contains("connect-src 'self' \(site.server.origin);"))
        for path in ["/console/no-such.js", "/console/..%2fPackage.swift", "/console/play/no-such.js", "/console/a/b"] {
            #expect(try site.ask("GET", path, token: nil).status == 404, "\(path)")
        }
        #expect(try curl(site.server.origin + "/console/").status == 404)
    }

    @Test func aTokenKnowsItsNameAndALocatorItsURLs() throws {
        let site = try AdminSite.shared.get()
        for role in AdminSite.roles {
            let identity = try site.ask("GET", "/v1/identity", token: site.tokens[role])
            #expect(identity.member("name") as? String == "the-\(role)")
            #expect(identity.member("role") as? String == role)
        }
        #expect(try site.remote(["admin", "whoami"], role: "reader").text.hasPrefix("the-reader  reader"))
        let published = try site.remote([
            "publish", "film", "--auth", "demo-viewers", "--delivery", "dash-cenc", "--json",
        ]).json()
        let locator = try #require(published["locator"] as? String)
        let shown = try site.remote(["locator", "show", locator, "--json"], role: "reader").json()
        #expect(shown["asset"] as? String == "film")
        let urls = { (report: [String: Any]) in
            (report["streams"] as? [[String: Any]])?.compactMap { $0["url"] as? String }
        }
        #expect(urls(shown)?.isEmpty == false)
        #expect(urls(shown) == urls(published))
        #expect(try site.remote(["locator", "show", locator]).text.contains("mpd-time-cmaf"))
        let missing = "00000000-0000-4000-8000-000000000000"
        #expect(try site.ask("GET", "/v1/locators/\(missing)", token: site.tokens["reader"]).status == 404)
        #expect(try site.remote(["locator", "revoke", locator]).status == 0)
    }
}
