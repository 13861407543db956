import Foundation
import Glibc
import TestSupport
import Testing

/// Streaming endpoints: what they rule, by both ways to an answer, within a second.
@Suite(.waiting) struct EndpointTests {
    private let site: EndpointSite
    private let film: String

    init() throws {
        site = try EndpointSite.shared.get()
        film = site.film
    }

    private func segment(_ name: String, _ number: Int = 0) throws -> String {
        let playlist = try site.get(film + EndpointSite.folder + "/media.m3u8", of: name)
        let lines = String(decoding: playlist.body, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return film + EndpointSite.folder + "/" + (lines.indices.contains(number) ? String(lines[number]) : "none")
    }

    /// Whoever writes another `Host` does not come past the rules of an endpoint.
    @Test func aHostThatNoEndpointNamesIsRefused() throws {
        try site.apply("named", "enabled: false")
        for path in [film + EndpointSite.hls, film + EndpointSite.folder + "/0.m4s"] {
            for answer in try site.both(path, of: "unnamed") {
                #expect(answer.status == 421)
                #expect(try site.code(answer) == "hostNotServed")
            }
        }
        for answer in try site.both(film + EndpointSite.hls, of: "named") {
            #expect(answer.status == 503)
            #expect(try site.code(answer) == "endpointStopped")
            #expect(answer.headers["retry-after"] == "30")
            #expect(answer.headers["content-type"] == "application/problem+json")
        }
        // Keys are not a streaming endpoint's.
        #expect(try site.get("/keys/aes?kid=11111111-2222-4333-8444-555555555555", of: "named").status == 404)
    }

    @Test func stopsAndStarts() throws {
        try site.apply("turning", "")
        let url = try segment("turning")
        #expect(try site.get(url, of: "turning").status == 200)
        #expect(try site.data.must("endpoint", "stop", "turning").text == "endpoint turning is stopped\n")
        settle()
        for answer in try site.both(url, of: "turning") { #expect(answer.status == 503) }
        #expect(try site.data.must("endpoint", "stop", "turning").text.contains("already"))
        // The document does not say whether it runs.
        try site.apply("turning", "prefetch: true")
        for answer in try site.both(url, of: "turning") { #expect(answer.status == 503) }
        try site.data.must("endpoint", "start", "turning")
        settle()
        for answer in try site.both(url, of: "turning") { #expect(answer.status == 200) }
        try site.data.must("endpoint", "stop", "turning")
        try site.data.must("endpoint", "delete", "turning")
        try site.apply("other", "")
        for answer in try site.both(url, of: "turning") { #expect(answer.status == 421) }
        let told = try site.data.must("audit", "tail", "-n", "100").text
        for action in ["endpointStopped", "endpointStarted", "endpointDeleted"] { #expect(told.contains(action)) }
    }

    @Test func addressesAreHeldAgainstLists() throws {
        try site.apply("fenced", "allow: [198.51.100.0/24]\ndeny: [198.51.100.66]")
        let url = film + EndpointSite.folder + "/init.mp4"
        for answer in try site.both(url, of: "fenced", "-H", "X-Forwarded-For: 198.51.100.7") {
            #expect(answer.status == 200)
        }
        for client in ["198.51.100.66", "203.0.113.1", "nonsense"] {
            for answer in try site.both(url, of: "fenced", "-H", "X-Forwarded-For: \(client)") {
                #expect(answer.status == 403, "\(client)")
                #expect(try site.code(answer) == "addressNotAllowed")
            }
        }
    }

    @Test func cachesAndPagesAreToldWhatTheEndpointSays() throws {
        try site.apply(
            "telling",
            """
            cors: ["https://player.example"]
            cache:
              manifest: { maxAge: 3s, sharedMaxAge: 9s, staleWhileRevalidate: 30s }
              playlist: { maxAge: 4s }
              init: { maxAge: 5s }
              segment: { maxAge: 6s }
            headers: { X-Robots-Tag: none, Timing-Allow-Origin: "*" }
            cacheTags: true
            """)
        let expected = [
            (EndpointSite.hls, "public, max-age=3, s-maxage=9, stale-while-revalidate=30", "film"),
            (EndpointSite.folder + "/media.m3u8", "public, max-age=4, s-maxage=4", "film,film/v1"),
            (EndpointSite.folder + "/init.mp4", "public, max-age=5, s-maxage=5", "film,film/v1"),
            (EndpointSite.folder + "/0.m4s", "public, max-age=6, s-maxage=6, immutable", "film,film/v1"),
        ]
        for (path, control, tags) in expected {
            for origin in ["https://player.example", "https://other.example"] {
                let answers = try site.both(film + path, of: "telling", "-H", "Origin: \(origin)")
                for answer in answers {
                    #expect(answer.status == 200, "\(path)")
                    #expect(answer.headers["cache-control"] == control)
                    #expect(answer.headers["cache-tag"] == tags)
                    #expect(answer.headers["surrogate-key"] == tags.replacing(",", with: " "))
                    #expect(answer.headers["x-robots-tag"] == "none")
                    #expect(answer.headers["timing-allow-origin"] == "*")
                    #expect(answer.headers["vary"]?.contains("Origin") == true)
                    let shared = origin == "https://player.example" ? origin : nil
                    #expect(answer.headers["access-control-allow-origin"] == shared)
                }
                expectAlike(answers, path)
            }
        }
        let preflight = try site.get(
            film + EndpointSite.hls, of: "telling", "-X", "OPTIONS", "-H", "Origin: https://player.example", "-H",
            "Access-Control-Request-Method: GET")
        #expect(preflight.status == 204)
        #expect(preflight.headers["access-control-allow-origin"] == "https://player.example")
        // Who shows a token gets a playlist of its own, whatever caches are told.
        let own = try site.get(
            site.protected + "/manifest(format=m3u8-aapl)", of: "telling", "-H", "Authorization: Bearer \(site.token)")
        #expect(own.status == 200)
        #expect(own.headers["cache-control"] == "private, no-store")
    }

    private func expectAlike(_ answers: [Answer], _ what: String) {
        let plain = answers.map { answer in
            answer.headers.filter { !["connection", "date"].contains($0.key) }
        }
        #expect(Set(plain).count == 1, "\(what): \(plain)")
        #expect(Set(answers.map(\.body)).count == 1)
    }

    @Test func theNextSegmentIsNamed() throws {
        try site.apply("hinting", "prefetch: true")
        let (first, second) = (try segment("hinting"), try segment("hinting", 1))
        for answer in try site.both(first, of: "hinting") {
            #expect(answer.headers["link"] == "<\(second)>; rel=\"prefetch\"")
            #expect(answer.headers["cmsd-static"] == "nor=\"\(second.split(separator: "/").last ?? "")\"")
            #expect(answer.headers["cdn-origin-assist-prefetch-path"] == second)
        }
        #expect(try site.get(try segment("hinting", 2), of: "hinting").headers["link"] == nil)
        #expect(try site.get(film + EndpointSite.folder + "/init.mp4", of: "hinting").headers["link"] == nil)
    }

    @Test func tooManyRequestsAreToldToWait() throws {
        try site.apply("slow", "limits: { requestsPerSecond: 2 }")
        let url = film + EndpointSite.folder + "/init.mp4"
        func statuses(_ client: String) throws -> [Int] {
            let arguments = (0..<12).flatMap { _ in ["-o", "/dev/null", site.server.origin + url] }
            let outcome = try run(
                Programs.outside("curl"),
                [
                    "-s", "--globoff", "-w", "%{http_code}\n", "-H", "Host: slow.example", "-H",
                    "X-Forwarded-For: \(client)",
                ]
                    + arguments)
            return outcome.text.split(separator: "\n").compactMap { Int($0) }
        }
        let seen = try statuses("198.51.100.1")
        #expect(seen.filter { $0 == 200 }.count >= 4 && seen.filter { $0 == 429 }.count >= 6, "\(seen)")
        // Another client is not held up, and an IPv6 client is its /64.
        #expect(try statuses("198.51.100.2").first == 200)
        #expect(try statuses("2001:db8::1").first == 200)
        #expect(try statuses("2001:db8::2").last == 429)
    }

    /// Answers that a client does not take are under way, and counted.
    @Test(arguments: [true, false]) func answersUnderWayAreCounted(routed: Bool) throws {
        let name = routed ? "full-routed" : "full"
        try site.apply(name, "limits: { connectionsPerClient: 1, connections: 2 }")
        let url = site.server.origin + film + EndpointSite.folder + "/0.m4s"
        let host = ["-H", "Host: \(name).example"]
        let way = routed ? ["-H", "Connection: close"] : []
        _ = try curlWith(url, host)
        // A client that asks for more than fits between it and the server, and reads nothing.
        let script = """
            import socket, sys, time
            host, port = sys.argv[1].split("//")[1].split(":")
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect((host, int(port)))
            s.sendall((sys.argv[2].replace("|", "\\r\\n") * 60).encode())
            s.recv(1)
            time.sleep(600)
            """
        func begin(_ client: String) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try Programs.outside("python"))
            let fields = ["Host: \(name).example", "X-Forwarded-For: \(client)"] + (routed ? ["TE: trailers"] : [])
            let line = "GET \(film + EndpointSite.folder)/0.m4s HTTP/1.1"
            let request = ([line] + fields).joined(separator: "|") + "||"
            process.arguments = ["-c", script, site.server.origin, request]
            try process.run()
            return process
        }
        func status(_ client: String) throws -> Int {
            try curlWith(url, host + way + ["-m", "60", "-H", "X-Forwarded-For: \(client)"]).status
        }
        var readers: [Process] = []
        // A reader may be refused itself, for what asks about it is under way just then, or be given up by the server, for it
        // reads nothing: another takes its place.
        func refused(_ client: String, _ expected: Int, beside others: [String]) throws -> Bool {
            try eventually {
                if try status(client) == expected { return true }
                if readers.count < 40 { readers += try others.map(begin) }
                return false
            }
        }
        #expect(try refused("198.51.100.1", 429, beside: ["198.51.100.1"]))
        #expect(try status("198.51.100.2") == 200)
        #expect(try refused("198.51.100.2", 503, beside: ["198.51.100.1", "198.51.100.3"]))
        for process in readers {
            // Not SIGTERM, which this process may ignore, and its children with it.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(try eventually { try status("198.51.100.1") == 200 })
        #expect(try status("198.51.100.3") == 200)
    }

    /// A segment that is being sent is sent to its end, when the endpoint stops and when the server does.
    @Test func longSegmentsAreFinished() throws {
        try site.apply("draining", "")
        let server = try RunningServer(site.data)
        let url = server.origin + film + EndpointSite.folder + "/0.m4s"
        let whole = try curlWith(url, ["-H", "Host: draining.example"]).body
        let folder = try Folder()
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: try Programs.outside("curl"))
        reader.arguments = [
            "-s", "--globoff", "--limit-rate", "\(whole.count / 4)", "-H", "Host: draining.example", "-o",
            folder.path + "/segment", url,
        ]
        try reader.run()
        #expect(eventually { (try? Data(contentsOf: folder.url("segment")).isEmpty) == false })
        try site.data.must("endpoint", "stop", "draining")
        #expect(try eventually { try curlWith(url, ["-H", "Host: draining.example"]).status == 503 })
        server.stop()
        reader.waitUntilExit()
        #expect(reader.terminationStatus == 0)
        #expect(try Data(contentsOf: folder.url("segment")) == whole)
    }

    @Test func theDefaultEndpointRulesTheRest() throws {
        let data = try DataFolder()
        let server = try RunningServer(data)
        let path = "/11111111-2222-4333-8444-555555555555/a.ism/manifest"
        #expect(try curl(server.origin + path).status == 404)
        try data.must(
            "apply",
            try data.folder.write("d.yaml", Data("kind: StreamingEndpoint\nname: default\nenabled: false\n".utf8)))
        #expect(try eventually { try curl(server.origin + path).status == 503 })
        #expect(try curl(server.origin + "/keys/aes").status == 400)
    }
}
