import Foundation
import TestSupport
import Testing

/// What is taken down ends at origins that run alone, on the shared folder and on a copy of the catalog.
@Suite(.waiting) struct OriginAloneTakedownTests {
    private func segment(_ origin: String, _ manifest: String) throws -> String {
        func first(_ path: String) throws -> String {
            let line = String(decoding: try curl(origin + path).body, as: UTF8.self).split(separator: "\n").first {
                !$0.hasPrefix("#")
            }
            return path.prefix(upTo: try #require(path.lastIndex(of: "/"))) + "/" + (try #require(line))
        }
        return try first(try first(manifest))
    }

    private func copy(_ site: OriginAloneSite, to folder: Folder) throws {
        let backup = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
        let catalogs = [site.data.folder.path, folder.path].map { $0 + "/catalog.sqlite" }
        #expect(try run(Programs.outside("python3"), ["-c", backup] + catalogs).status == 0)
    }

    @Test func whatIsTakenDownEndsEverywhere() throws {
        let site = try OriginAloneSite()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let (updated, stale) = (try Folder(), try Folder())
        for folder in [updated, stale] {
            try copy(site, to: folder)
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/media", withDestinationPath: site.data.folder.path + "/media")
        }
        let shared = try site.origin(port: port)
        let near = try site.origin(port: port, ["KEYWAY_DATA": updated.path])
        let far = try site.origin(port: port, ["KEYWAY_DATA": stale.path, "KEYWAY_KEY_SERVICE_CONFIRM": "1s"])
        defer { for server in [keys, shared, near, far] { server.stop() } }
        let manifest = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)"
        let path = try segment(shared.origin, manifest)
        for server in [shared, near, far] {
            for url in [path, manifest] { #expect(try curl(server.origin + url).status == 200) }
        }
        try site.data.must("asset", "takedown", "film", "--reason", "a court's order")
        try copy(site, to: updated)
        settle()
        for server in [shared, near] {
            for url in [path, manifest] { #expect(try curl(server.origin + url).status == 410, "\(url)") }
        }
        // A copy that hears of nothing is refused the keys when they are to be confirmed.
        #expect(try eventually(within: 5) { try curl(far.origin + path).status == 503 })
        #expect(try site.data.must("audit", "tail", "--json", "--lines", "1000").text.contains("keyWithheld"))
        try site.data.must("asset", "restore", "film")
        try copy(site, to: updated)
        settle()
        for server in [shared, near, far] { #expect(try curl(server.origin + path).status == 200) }
    }

    /// One version is served (decision 25), here as at the whole server, and keys that were rotated do not keep an older one from coming
    /// back: the key service decides by what the version had.
    @Test func versionsAreServedOneAtATimeAsByTheServer() throws {
        let site = try OriginAloneSite()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let whole = try RunningServer(site.data, environment: ["KEYWAY_KEYS_URL": OriginAloneSite.keysURL])
        let alone = try site.origin(port: port)
        defer { for server in [keys, whole, alone] { server.stop() } }
        let manifest = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)"
        func serve(_ path: String) throws -> (status: Int, bytes: Data) {
            let answers = try [whole, alone].map { try curl($0.origin + path) }
            #expect(answers[0].status == answers[1].status, "\(path)")
            // What is refused names its request.
            guard answers[1].status == 200 else { return (answers[1].status, Data()) }
            #expect(answers[0].body == answers[1].body, "\(path)")
            return (answers[1].status, answers[1].body)
        }
        let first = try segment(alone.origin, manifest)
        let played = try serve(first)
        #expect(played.status == 200)
        try site.data.must("key", "rotate", "--asset", "film")
        try site.data.must("encode", Programs.clip(), "--asset", "film")
        settle()
        let second = try segment(alone.origin, manifest)
        #expect(first.contains("/v1/") && second.contains("/v2/"))
        #expect(try serve(first).status == 404)
        #expect(try serve(second).status == 200)
        try site.data.must("asset", "rollback", "film")
        settle()
        #expect(try serve(first) == played)
        #expect(try serve(second).status == 404)
    }

    @Test func locatorsOpenAndCloseInTime() throws {
        let site = try OriginAloneSite()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let alone = try site.origin(port: port, ["KEYWAY_KEY_SERVICE_CONFIRM": "1s"])
        defer { for server in [keys, alone] { server.stop() } }
        func time(_ seconds: Double) -> String {
            Date(timeIntervalSinceNow: seconds).formatted(Date.ISO8601FormatStyle())
        }
        let published = try site.data.must(
            "publish", "other", "--auth", "demo-viewers", "--delivery", "hls-aes", "--start", time(5), "--end",
            time(15), "--json"
        ).json()
        let manifest =
            "/\(try #require(published["locator"] as? String))/other.ism/manifest(format=m3u8-aapl,encryption=cbc)"
        // The clear locator of the asset must not keep its keys held.
        #expect(try curl(alone.origin + manifest).status == 404)
        #expect(try eventually(within: 8) { try curl(alone.origin + manifest).status == 200 })
        let path = try segment(alone.origin, manifest)
        #expect(try curl(alone.origin + path).status == 200)
        #expect(try eventually(within: 15) { try curl(alone.origin + path).status == 404 })
        #expect(try curl(alone.origin + manifest).status == 404)
    }
}
