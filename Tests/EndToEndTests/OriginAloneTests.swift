import Foundation
import TestSupport
import Testing

/// An origin without key-encryption keys, and the key service that it asks.
@Suite(.waiting) struct OriginAloneTests {
    private static let shared = Result { try OriginAloneSite() }

    /// Media playlists and segments that a playlist names, as paths under its folder.
    private func lines(_ text: Data) -> [String] {
        String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init).filter {
            !$0.isEmpty && !$0.hasPrefix("#")
        }
    }

    private func firstSegment(_ origin: String, _ manifest: String) throws -> (playlist: String, segment: String) {
        let variant = try #require(lines(try curl(origin + manifest).body).first)
        let folder = manifest.prefix(upTo: try #require(manifest.lastIndex(of: "/")))
        let playlist = "\(folder)/\(variant)"
        let segment = try #require(lines(try curl(origin + playlist).body).first)
        return (playlist, "\(playlist.prefix(upTo: try #require(playlist.lastIndex(of: "/"))))/\(segment)")
    }

    @Test func itServesWhatTheServerServesWithoutAnyKEK() throws {
        let site = try Self.shared.get()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let whole = try RunningServer(site.data, environment: ["KEYWAY_KEYS_URL": OriginAloneSite.keysURL])
        // A folder with the catalog and the media, and nothing else.
        let bare = try Folder()
        for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "media"] {
            try FileManager.default.createSymbolicLink(
                atPath: bare.path + "/" + name, withDestinationPath: site.data.folder.path + "/" + name)
        }
        let alone = try site.origin(port: port, ["KEYWAY_DATA": bare.path])
        defer { for server in [keys, whole, alone] { server.stop() } }
        #expect(!FileManager.default.fileExists(atPath: bare.path + "/kek"))
        let manifests =
            ["m3u8-aapl", "m3u8-cmaf", "m3u8-aapl-v3", "mpd-time-csf", "mpd-time-cmaf"].map {
                "\(site.clear)/manifest(format=\($0))"
            } + [
                "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)",
                "\(site.protected)/manifest(format=m3u8-cmaf,encryption=cbcs-aapl)",
                "\(site.protected)/manifest(format=mpd-time-cmaf)",
            ]
        let script = Programs.repository.appendingPathComponent("Tests/Delivery/random_requests.py").path
        let outcome = try run(
            Programs.outside("python"), [script, "400", "20261122", whole.origin, alone.origin] + manifests)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("400 requests"))
        let posters = try [whole, alone].map { try curl("\($0.origin)\(site.clear)/poster.jpg").body }
        #expect(posters[0].prefix(2) == Data([0xFF, 0xD8]) && posters[0] == posters[1])
        // Signed URLs of originals are another program's.
        let sas = try curl("\(alone.origin)/sas/0b0c/film.mov?sig=x")
        #expect(sas.status == 501 && sas.member("code") as? String == "sasElsewhere")
        // A playlist with a ticket is asked of the key service, and is the same ticket.
        let path = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)"
        let answers = try [whole, alone].map { try curl($0.origin + path, "-H", "Authorization: Bearer \(site.token)") }
        #expect(answers[0].status == 200 && answers[0].body == answers[1].body)
        #expect(String(decoding: answers[1].body, as: UTF8.self).contains("ticket="))
        let refused = try [whole, alone].map { try curl($0.origin + path, "-H", "Authorization: Bearer no.token.this") }
        #expect(refused.map(\.status) == [401, 401])
        #expect(try curl(alone.admin + "/readyz").status == 200)
        let metrics = String(decoding: try curl(alone.admin + "/metrics").body, as: UTF8.self)
        func figure(_ name: String) throws -> Double {
            let line = try #require(metrics.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        // Nothing was let go of so far.
        let released = try figure("keyway_origin_key_requests_total{outcome=\"released\"}")
        #expect(released > 0)
        #expect(try figure("keyway_origin_keys_held") == released)
        alone.stop()
        #expect(alone.process.terminationStatus == 0)
    }

    @Test func streamsWhoseKeysAreHeldOutliveTheKeyService() throws {
        let site = try Self.shared.get()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let alone = try site.origin(port: port)
        defer { alone.stop() }
        let held = try firstSegment(
            alone.origin, "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)")
        let segment = try curl(alone.origin + held.segment)
        #expect(segment.status == 200)
        let playlist = try curl(alone.origin + held.playlist)
        keys.stop(SIGKILL)
        sleep(3)
        for path in [held.segment, held.playlist] { #expect(try curl(alone.origin + path).status == 200) }
        #expect(try curl(alone.origin + held.segment).body == segment.body)
        #expect(try curl(alone.origin + held.playlist).body == playlist.body)
        #expect(try curl(alone.admin + "/readyz").status == 200)
        // What is not held is refused at once, and says when to come again.
        let start = Date()
        let missing = try curl(alone.origin + "\(site.clear)/manifest(format=m3u8-aapl)")
        #expect(missing.status == 503 && missing.headers["retry-after"] != nil)
        #expect(missing.headers["content-type"] == "application/problem+json")
        #expect(String(decoding: missing.body, as: UTF8.self).contains("MPE_KEYS_UNAVAILABLE"))
        let ticket = try curl(alone.origin + held.playlist, "-H", "Authorization: Bearer \(site.token)")
        #expect(ticket.status == 503)
        #expect(Date().timeIntervalSince(start) < 1)
        // One that is started meanwhile waits, and says that it is not ready.
        let late = try site.origin(port: port)
        defer { late.stop() }
        #expect(try curl(late.admin + "/healthz").status == 200)
        let unready = try curl(late.admin + "/readyz")
        #expect(unready.status == 503 && String(decoding: unready.body, as: UTF8.self).contains("keyServiceAway"))
        #expect(try curl(late.origin + held.segment).status == 503)
        let again = try site.keyService(port: port)
        defer { again.stop() }
        var status = 0
        for _ in 0..<600 where status != 200 {
            status = try curl(alone.origin + "\(site.clear)/manifest(format=m3u8-aapl)").status
            usleep(100_000)
        }
        #expect(status == 200)
        status = 0
        for _ in 0..<600 where status != 200 {
            status = try curl(late.origin + held.segment).status
            usleep(100_000)
        }
        #expect(status == 200)
        #expect(try curl(late.admin + "/readyz").status == 200)
        #expect(try curl(alone.origin + held.playlist, "-H", "Authorization: Bearer \(site.token)").status == 200)
        let errors = try String(contentsOf: alone.errors, encoding: .utf8)
        #expect(errors.contains("the key service does not answer") && errors.contains("the key service answers"))
    }

    @Test func anOriginThatIsRevokedGetsAndGivesNothing() throws {
        let site = try OriginAloneSite()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let alone = try site.origin(port: port)
        defer { for server in [keys, alone] { server.stop() } }
        // Viewers who come at once ask for one key once.
        let manifest = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)"
        let crowd = Array(repeating: alone.origin + manifest, count: 40).flatMap { ["-o", "/dev/null", $0] }
        #expect(
            try run(Programs.outside("curl"), ["-sS", "-f", "-g", "-Z", "--parallel-immediate"] + crowd).status == 0)
        let given = try site.data.must("audit", "tail", "--json", "--lines", "1000").text
        #expect(given.components(separatedBy: "storage, locator").count == 2)
        let path = try firstSegment(alone.origin, manifest).segment
        #expect(try curl(alone.origin + path).status == 200)
        try aKeyThatIsDisabledEnds(site, port, alone, path)
        try site.data.must("origin", "revoke", "edge-1")
        settle()
        #expect(try curl(alone.origin + path).status == 503)
        #expect(try curl(alone.admin + "/readyz").status == 503)
        #expect(try site.ask(port, as: "edge", "/origin/keys", #"{"recipient":"","keys":[]}"#).status == 403)
        // A revoked one does not start, and says why.
        let outcome = try run(
            Programs.own("keyway-origin"), [],
            environment: site.data.environment.merging(site.originEnvironment(port: port)) { $1 })
        #expect(outcome.status == 77 && outcome.errors.contains("keyway origin create"), "\(outcome.errors)")
        let audit = try site.data.must("audit", "tail", "--json", "--lines", "1000").text
        #expect(audit.contains("originRevoked") && audit.contains("originKeyGiven") && audit.contains("originRefused"))
    }

    /// Within a second where the folder is shared; on a copy, which hears of nothing, when the key is not confirmed.
    private func aKeyThatIsDisabledEnds(
        _ site: OriginAloneSite, _ port: Int, _ alone: RunningServer, _ segment: String
    ) throws {
        let copy = try Folder()
        let backup = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
        let catalogs = [site.data.folder.path, copy.path].map { $0 + "/catalog.sqlite" }
        #expect(try run(Programs.outside("python3"), ["-c", backup] + catalogs).status == 0)
        try FileManager.default.createSymbolicLink(
            atPath: copy.path + "/media", withDestinationPath: site.data.folder.path + "/media")
        let afar = try site.origin(port: port, ["KEYWAY_DATA": copy.path, "KEYWAY_KEY_SERVICE_CONFIRM": "1s"])
        defer { afar.stop() }
        #expect(try curl(afar.origin + segment).status == 200)
        let variant = segment.prefix(upTo: try #require(segment.lastIndex(of: "/"))) + "/media.m3u8"
        let playlist = String(decoding: try curl(alone.origin + variant).body, as: UTF8.self)
        let keyID = String(try #require(playlist.firstMatch(of: /kid=([0-9a-f-]{36})/)).output.1)
        try site.data.must("key", "disable", keyID)
        settle()
        #expect(try curl(alone.origin + segment).status == 503)
        sleep(2)
        #expect(try curl(afar.origin + segment).status == 503)
        try site.data.must("key", "enable", keyID)
        for origin in [alone.origin, afar.origin] {
            #expect(try eventually { try curl(origin + segment).status == 200 })
        }
        // A takedown as well: the copy says that the asset is served, and the key service gives no key for it.
        try site.data.must("asset", "takedown", "film")
        settle()
        #expect(try curl(alone.origin + segment).status == 410)
        sleep(2)
        #expect(try curl(afar.origin + segment).status == 503)
        try site.data.must("asset", "restore", "film")
        for origin in [alone.origin, afar.origin] {
            #expect(try eventually { try curl(origin + segment).status == 200 })
        }
    }

    @Test func onlyWhatIsPublishedIsGivenAndOnlyToWhoIsEnrolled() throws {
        let site = try Self.shared.get()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        defer { keys.stop() }
        let recipient = "l1jSkzkL0lwe1UOPSqQyCmq1hbNgZ1TBPkXtiIJZSVE="
        func ask(_ kid: String, _ use: String, as name: String = "edge") throws -> Answer {
            try site.ask(
                port, as: name, "/origin/keys",
                #"{"recipient":"\#(recipient)","keys":[{"kid":"\#(kid)","held":false\#(use)}]}"#)
        }
        func outcome(_ answer: Answer) throws -> String {
            let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
            let key = (object?["keys"] as? [[String: Any]])?.first
            return [key?["outcome"] as? String, key?["reason"] as? String].compactMap(\.self).joined(separator: " ")
        }
        let aes = #","encryption":"envelope","protocol":"hls""#
        let report = try site.data.must("key", "list", "--json").json()["keys"] as? [[String: Any]] ?? []
        let envelope = try #require(
            report.first { $0["type"] as? String == "envelope" && $0["name"] == nil }?["keyId"] as? String)
        let named = try #require(report.first { $0["name"] != nil })
        let namedID = try #require(named["keyId"] as? String)
        #expect(try outcome(ask(envelope, aes)) == "released")
        #expect(try outcome(ask(envelope, #","encryption":"envelope","protocol":"smooth""#)) == "denied notPublished")
        #expect(try outcome(ask(envelope, #","encryption":"cenc","protocol":"dash""#)) == "denied useMismatch")
        #expect(try outcome(ask(envelope, "")) == "denied useMismatch")
        #expect(try outcome(ask(UUID().uuidString, aes)) == "denied keyUnknown")
        let type =
            named["type"] as? String == "common" ? "cenc" : named["type"] as? String == "envelope" ? "envelope" : "cbcs"
        #expect(
            try outcome(ask(namedID, #","encryption":"\#(type)","protocol":"dash""#)) == "denied notPublished")
        // The key itself stands nowhere in the answer.
        let script = Programs.repository.appendingPathComponent("Tests/Delivery/origin_keys.py").path
        let opened = try run(
            Programs.outside("python"),
            [
                script, "https://127.0.0.1:\(port)", site.certificate("authority"), site.certificate("edge"),
                site.key("edge"), envelope, "envelope", "envelope", "hls",
            ])
        #expect(opened.status == 0, "\(opened.errors)")
        let exported = try run(
            Programs.own("keyway"), ["key", "export", envelope, "--clear", "--yes-clear", "--json"],
            environment: site.data.environment)
        let digits = opened.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let key = try exported.json().values.compactMap { $0 as? String }
        #expect(digits.count == 24 && key.contains(digits), "\(exported.errors)")
        // Who is not enrolled, and who shows nothing.
        let stranger = try ask(envelope, aes, as: "other")
        #expect(stranger.status == 403)
        #expect(String(decoding: stranger.body, as: UTF8.self).contains("originNotEnrolled"))
        let nobody = try run(
            Programs.outside("curl"),
            ["-sS", "--cacert", site.certificate("authority"), "https://127.0.0.1:\(port)/origin/keys", "-d", "{}"])
        #expect(nobody.status != 0)
        for body in [
            "", "{}", "[", #"{"recipient":"AA==","keys":[]}"#,
            #"{"recipient":"\#(recipient)","keys":[{"kid":"x","held":true}]}"#,
        ] {
            #expect(try site.ask(port, as: "edge", "/origin/keys", body).status == 400, "\(body)")
            #expect(try site.ask(port, as: "edge", "/origin/tickets", body).status == 400, "\(body)")
        }
        #expect(try site.ask(port, as: "edge", "/keys/aes?kid=\(envelope)", "").status == 404)
        let audit = try site.data.must("audit", "tail", "--json", "--lines", "1000").text
        #expect(audit.contains("originKeyDenied") && audit.contains("origin:edge-1"))
        #expect(try site.data.must("audit", "verify").text.hasPrefix("intact"))
        #expect(
            try site.data.keyway("origin", "create", "edge-1", "--certificate", site.certificate("other")).status == 65)
        #expect(
            try site.data.keyway("origin", "create", "twin", "--certificate", site.certificate("edge")).status == 65)
        #expect(try site.data.must("origin", "list").text.contains("edge-1"))
    }

    @Test func aPlayerPlaysThroughBoth() throws {
        let site = try Self.shared.get()
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let alone = try site.origin(port: port, ["KEYWAY_KEYS_URL": keys.origin])
        defer { for server in [keys, alone] { server.stop() } }
        let path = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)?token=\(site.token)"
        let outcome = try run(
            Programs.outside("ffmpeg"),
            [
                "-hide_banner", "-v", "error", "-allowed_extensions", "ALL", "-i", alone.origin + path, "-f", "null",
                "-",
            ])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    }

    @Test func itLinksNoCodeThatUnwrapsKeys() throws {
        let symbols = try run("/usr/bin/env", ["nm", "--defined-only", Programs.own("keyway-origin")]).text
        for module in [
            "11KeyWrapping", "10TransitKEK", "11KeyDelivery", "6Tokens", "11KeyExchange", "14Administration",
        ] {
            #expect(!symbols.contains("$s\(module)"), "\(module)")
        }
        #expect(symbols.contains("$s6Origin") && symbols.contains("$s10OriginKeys"))
    }

    @Test func aWrongConfigurationIsSaid() throws {
        let site = try Self.shared.get()
        func failure(_ change: [String: String]) throws -> Outcome {
            try run(
                Programs.own("keyway-origin"), [],
                environment: site.data.environment.merging(site.originEnvironment(port: 1)) { $1 }.merging(change) {
                    $1
                })
        }
        for (change, words) in [
            (["KEYWAY_KEYS_URL": ""], "keys.url"),
            (["KEYWAY_KEY_SERVICE_URL": "http://127.0.0.1:1"], "keyService.url must be https://"),
            (["KEYWAY_KEY_SERVICE_CA_FILE": "/none"], "keyService.caFile"),
            (["KEYWAY_KEY_SERVICE_KEY": site.key("other")], "is not the private key of"),
            (["KEYWAY_KEY_SERVICE_HOLD": "1s"], "keyService.hold"),
        ] {
            let outcome = try failure(change)
            #expect(outcome.status == 65 && outcome.errors.contains(words), "\(outcome.status) \(outcome.errors)")
        }
        let outcome = try failure(["KEYWAY_DATA": "/none"])
        #expect(outcome.status == 69 && outcome.errors.contains("/none"))
        let keys = try run(
            Programs.own("keyway-keys"), [],
            environment: site.data.environment.merging(["KEYWAY_LISTEN_ORIGINS": "127.0.0.1:0"]) { $1 })
        #expect(keys.status == 65 && keys.errors.contains("tls.origins"))
    }
}
