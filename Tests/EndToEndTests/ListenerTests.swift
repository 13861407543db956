import Foundation
import Synchronization
import TestSupport
import Testing

/// Listeners as operators set them up: TLS, proxies in front, limits; and what is kept in memory behind them.
@Suite(.waiting) struct ListenerTests {
    /// A data folder with a key that addresses of `allow` receive.
    private static func data(allowing allow: String) throws -> (DataFolder, kid: String) {
        let data = try DataFolder()
        try write(allowing: allow, data)
        let key = try data.must("key", "create", "--type", "envelope", "--auth", "near", "--json").json()
        return (data, try #require(key["keyId"] as? String))
    }

    private static func write(allowing allow: String, _ data: DataFolder) throws {
        let document = """
            kind: AuthorizationPolicy
            name: near
            options:
              - { name: o, delivery: [aes], restrictions: [{ ip: { allow: [\(allow)] } }] }
            """
        try data.must("apply", try data.folder.write("policy.yaml", Data(document.utf8)))
    }

    private static func certificate(_ name: String, in data: DataFolder) throws {
        let outcome = try run(
            Programs.outside("openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout",
                data.folder.path + "/tls.key", "-out", data.folder.path + "/tls.pem",
            ])
        #expect(outcome.status == 0)
    }

    /// One connection too many is answered when another one has ended, and not before.
    @Test func connectionsAreLimited() throws {
        let script = """
            import socket, sys
            address = ("127.0.0.1", int(sys.argv[1]))
            request = b"GET /nothing HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n"
            def ask():
                connection = socket.create_connection(address)
                connection.settimeout(60)
                connection.sendall(request)
                return connection
            known = [ask(), ask()]
            for connection in known: assert connection.recv(4096).startswith(b"HTTP/1.1 404")
            third = ask()
            third.settimeout(1)
            try:
                third.recv(4096)
                sys.exit("the third connection was answered")
            except socket.timeout:
                pass
            known[0].close()
            third.settimeout(60)
            assert third.recv(4096).startswith(b"HTTP/1.1 404")
            """
        let server = try RunningServer(DataFolder(), environment: ["KEYWAY_LIMITS_CONNECTIONS": "2"])
        defer { server.stop() }
        let port = String(server.origin.split(separator: ":").last ?? "")
        let outcome = try run(Programs.outside("python3"), ["-c", script, port])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func tlsWithBothProtocolsAndARenewedCertificate() throws {
        let (data, kid) = try Self.data(allowing: "127.0.0.0/8")
        try Self.certificate("first.example", in: data)
        let server = try RunningServer(
            data,
            environment: [
                "KEYWAY_TLS_ORIGIN_CERTIFICATE": data.folder.path + "/tls.pem",
                "KEYWAY_TLS_ORIGIN_KEY": data.folder.path + "/tls.key",
            ])
        #expect(server.origin.hasPrefix("https://"))
        for version in ["--http1.1", "--http2"] {
            // Twice: the first reads the catalog, the second is decided in memory.
            for _ in 0..<2 {
                let answer = try curl("\(server.origin)/keys/aes?kid=\(kid)", "-k", version)
                #expect(answer.status == 200 && answer.body.count == 16, "\(version)")
            }
        }
        let old = try run(Programs.outside("curl"), ["-sk", "--tls-max", "1.1", server.origin])
        #expect(old.status != 0)
        try Self.certificate("second.example", in: data)
        #expect(
            try eventually {
                try run(Programs.outside("curl"), ["-skv", "-o", "/dev/null", server.origin]).errors
                    .contains("CN=second.example")
            })
    }

    /// The CLI trusts an authority of one's own where it is told to, and only then.
    @Test func anAuthorityOfOnesOwnIsTrustedWhereItIsNamed() throws {
        let data = try DataFolder()
        let (certificate, key) = (data.folder.path + "/tls.pem", data.folder.path + "/tls.key")
        let made = try run(
            Programs.outside("openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=keyway", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ])
        #expect(made.status == 0)
        let token = try data.must("admin", "token", "create", "me", "--role", "reader", "--json").json()["token"]
        let server = try RunningServer(
            data, environment: ["KEYWAY_TLS_ADMIN_CERTIFICATE": certificate, "KEYWAY_TLS_ADMIN_KEY": key])
        defer { server.stop() }
        let there = ["KEYWAY_URL": server.admin, "KEYWAY_TOKEN": try #require(token as? String)]
        func list(trusting file: String?) throws -> Outcome {
            let more = file.map { ["KEYWAY_CA_FILE": $0] } ?? [:]
            return try run(Programs.own("keyway"), ["policy", "list"], environment: there.merging(more) { $1 })
        }
        let stranger = try list(trusting: nil)
        #expect(stranger.status == 69)
        #expect(stranger.errors.contains("is not trusted; set KEYWAY_CA_FILE"), "\(stranger.errors)")
        #expect(try list(trusting: certificate).status == 0)
        let noCertificate = try list(trusting: key)
        #expect(noCertificate.status == 65)
        #expect(noCertificate.errors.contains("holds no PEM certificate"))
    }

    @Test func clientsShowACertificateWhereOneIsAskedFor() throws {
        let (data, kid) = try Self.data(allowing: "127.0.0.0/8")
        try Self.certificate("both.example", in: data)
        let (certificate, key) = (data.folder.path + "/tls.pem", data.folder.path + "/tls.key")
        let server = try RunningServer(
            data,
            environment: [
                "KEYWAY_TLS_ORIGIN_CERTIFICATE": certificate, "KEYWAY_TLS_ORIGIN_KEY": key,
                "KEYWAY_TLS_ORIGIN_CLIENT_AUTHORITIES": certificate,
            ])
        let url = "\(server.origin)/keys/aes?kid=\(kid)"
        let stranger = try run(Programs.outside("curl"), ["-sk", "--max-time", "5", url])
        #expect(stranger.status != 0)
        #expect(try curl(url, "-k", "--cert", certificate, "--key", key).status == 200)
    }

    @Test func aCertificateThatCannotBeUsedStopsTheStart() throws {
        let data = try DataFolder(environment: [
            "KEYWAY_TLS_ORIGIN_CERTIFICATE": "/nowhere/tls.pem", "KEYWAY_TLS_ORIGIN_KEY": "/nowhere/tls.key",
            "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0",
        ])
        let outcome = try data.keyway("serve")
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("/nowhere/tls.pem"))
    }

    @Test func aTrustedProxySaysWhoTheClientIs() throws {
        let (data, kid) = try Self.data(allowing: "198.51.100.0/24")
        let trusting = try RunningServer(data, environment: ["KEYWAY_TRUSTED_PROXIES": "127.0.0.0/8"])
        let plain = try RunningServer(data)
        func status(_ server: RunningServer, _ headers: String...) throws -> Int {
            try curlWith("\(server.origin)/keys/aes?kid=\(kid)", headers.flatMap { ["-H", $0] }).status
        }
        for _ in 0..<2 {
            #expect(try status(trusting, "X-Forwarded-For: 203.0.113.1, 198.51.100.7") == 200)
            #expect(try status(trusting, "Forwarded: for=198.51.100.7") == 200)
            #expect(try status(trusting, "X-Forwarded-For: 198.51.100.7, 203.0.113.1") == 403)
            #expect(try status(trusting, "X-Forwarded-For: nonsense") == 403)
            // A client's own Forwarded beside what the proxy appended.
            #expect(try status(trusting, "Forwarded: for=198.51.100.7", "X-Forwarded-For: 203.0.113.1") == 403)
            #expect(try status(trusting, "Forwarded: for=203.0.113.1", "X-Forwarded-For: 198.51.100.7") == 403)
            #expect(try status(trusting, "Forwarded: for=198.51.100.7", "X-Forwarded-For: 198.51.100.7") == 200)
            #expect(try status(plain, "X-Forwarded-For: 198.51.100.7") == 403)
        }
    }

    @Test func thePROXYProtocolIsReadWhereItIsAskedFor() throws {
        let (data, kid) = try Self.data(allowing: "127.0.0.0/8")
        let server = try RunningServer(
            data, environment: ["KEYWAY_TRUSTED_PROXIES": "127.0.0.0/8", "KEYWAY_PROXY_PROTOCOL": "origin"])
        let url = "\(server.origin)/keys/aes?kid=\(kid)"
        #expect(try curl(url, "--haproxy-protocol").status == 200)
        let without = try run(Programs.outside("curl"), ["-s", "--max-time", "5", url])
        #expect(without.status != 0)
    }

    @Test func tooManyRequestsAreToldToWait() throws {
        let (data, kid) = try Self.data(allowing: "127.0.0.0/8")
        let server = try RunningServer(data, environment: ["KEYWAY_LIMITS_ADDRESS": "2"])
        let url = "\(server.origin)/keys/aes?kid=\(kid)"
        #expect(try curl(url).status == 200)
        // From one program, since starting one for each may take a busy machine longer than the limit's second.
        let many = try run(
            Programs.outside("curl"),
            ["-sS", "-w", "%{http_code} %header{retry-after}\n"] + (0..<200).flatMap { _ in ["-o", "/dev/null", url] })
        let limited = many.text.split(separator: "\n").filter { $0.hasPrefix("429") }
        #expect(!limited.isEmpty)
        #expect(limited.allSatisfy { $0.split(separator: " ").last.flatMap { Int($0) } ?? 0 >= 1 })
        let metrics = String(decoding: try curl("\(server.admin)/metrics").body, as: UTF8.self)
        #expect(metrics.contains("keyway_key_requests_limited_total"))
        #expect(metrics.contains(#"keyway_key_decisions_total{decision="granted",delivery="aes",reason=""}"#))
        #expect(metrics.contains("keyway_key_decision_seconds_count"))
        // How many there were is in the audit log once a minute, and when the server stops; the last checkpoint covers it.
        server.stop()
        let tail = try data.must("audit", "tail", "-n", "20").text
        let counts = tail.split(separator: "\n").filter {
            $0.contains("keyRequestsLimited") && $0.contains("by address")
        }
        .compactMap {
            $0.firstRange(of: "detail=\"").flatMap { line in Int(tail[line.upperBound...].prefix { $0.isNumber }) }
        }
        #expect(counts.reduce(0, +) == limited.count, "\(tail)")
        let verified = try data.must("audit", "verify").text
        #expect(
            verified.contains(
                "signed: up to record \(try data.must("audit", "tail", "-n", "1").text.split(separator: " ")[0])"))
    }

    /// A change by another process is in force soon after its acknowledgement, though decisions come from memory.
    /// Asks again and again, and notes when each request began and ended, and its status.
    private final class Askers: Sendable {
        struct Answer {
            var began: ContinuousClock.Instant
            var ended: ContinuousClock.Instant
            var status: Int
        }
        private struct State {
            var isStopped = false
            var answers: [Answer] = []
        }
        private let state = Mutex(State())
        private let ended = DispatchSemaphore(value: 0)
        private let count: Int

        init(_ url: String, count: Int) {
            self.count = count
            for _ in 0..<count {
                Thread.detachNewThread { [self] in
                    while !state.withLock({ $0.isStopped }) {
                        let began = ContinuousClock.now
                        let status = (try? curl(url).status) ?? 0
                        state.withLock { $0.answers.append(Answer(began: began, ended: .now, status: status)) }
                    }
                    ended.signal()
                }
            }
        }

        func stop() -> [Answer] {
            state.withLock { $0.isStopped = true }
            for _ in 0..<count { ended.wait() }
            return state.withLock { $0.answers }
        }
    }

    /// No request that begins a second after a change of its policy was acknowledged is answered by the policy as it was: a
    /// server that cannot know in time what was changed asks.
    @Test func noRequestIsAnsweredByAnOlderPolicyThanASecond() throws {
        let (data, kid) = try Self.data(allowing: "127.0.0.0/8")
        let server = try RunningServer(data)
        defer { server.stop() }
        let askers = Askers("\(server.origin)/keys/aes?kid=\(kid)", count: 4)
        var changes: [(began: ContinuousClock.Instant, acknowledged: ContinuousClock.Instant, status: Int)] = []
        for round in 0..<6 {
            let isDenied = round.isMultiple(of: 2)
            let began = ContinuousClock.now
            try Self.write(allowing: isDenied ? "198.51.100.0/24" : "127.0.0.0/8", data)
            changes.append((began, .now, isDenied ? 403 : 200))
            usleep(2_500_000)
        }
        let answers = askers.stop()
        for (position, change) in changes.enumerated() {
            let next = position + 1 < changes.count ? changes[position + 1].began : .now
            let held = answers.filter { $0.began > change.acknowledged + .seconds(1) && $0.ended < next }
            #expect(!held.isEmpty && held.allSatisfy { $0.status == change.status }, "change \(position)")
        }
    }

    @Test func aChangeIsInForceWithoutARestart() throws {
        let (data, kid) = try Self.data(allowing: "127.0.0.0/8")
        let server = try RunningServer(data)
        let url = "\(server.origin)/keys/aes?kid=\(kid)"
        for _ in 0..<3 { #expect(try curl(url).status == 200) }
        for (allow, status) in [("198.51.100.0/24", 403), ("127.0.0.0/8", 200)] {
            try Self.write(allowing: allow, data)
            #expect(try eventually { try curl(url).status == status })
            for _ in 0..<3 { #expect(try curl(url).status == status) }
        }
        try data.must("key", "disable", kid)
        #expect(try eventually { try curl(url).status == 404 })
    }
}
