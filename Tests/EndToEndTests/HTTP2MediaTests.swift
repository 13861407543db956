import Foundation
import TestSupport
import Testing

/// Media over HTTP/2 is that of HTTP/1.1 to the byte, with the same ranges, tags and refusals, and many streams at once.
@Suite(.waiting) struct HTTP2MediaTests {
    /// A server with TLS over the data of the shared one.
    private final class SecureSite: Sendable {
        static let shared = Result { try SecureSite() }

        let site: Site
        let server: RunningServer
        let folder: Folder
        let certificate: String

        private init() throws {
            site = try Site.shared.get()
            folder = try Folder()
            certificate = folder.path + "/tls.pem"
            let made = try run(
                Programs.outside("openssl"),
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                    folder.path + "/tls.key", "-out", certificate,
                ])
            guard made.status == 0 else { throw VerbFailed(arguments: ["openssl"], outcome: made) }
            server = try RunningServer(
                site.data,
                environment: [
                    "KEYWAY_TLS_ORIGIN_CERTIFICATE": certificate, "KEYWAY_TLS_ORIGIN_KEY": folder.path + "/tls.key",
                ])
        }
    }

    private let secure: SecureSite
    private var site: Site { secure.site }

    init() throws {
        secure = try SecureSite.shared.get()
    }

    /// As the shared server has it, over TLS.
    private func address(_ url: String) -> String {
        secure.server.origin.replacing("http://", with: "https://") + url.dropFirst(site.server.origin.count)
    }

    private func ask(_ url: String, _ version: String, _ options: [String] = []) throws -> Answer {
        try curlWith(address(url), ["--\(version)", "--cacert", secure.certificate] + options)
    }

    private static let objects = [
        "clear/cmaf/video/init.mp4", "clear/cmaf/video/0.m4s", "clear/ts/video/0.ts", "clear/cmaf/audio/0.m4s",
        "cenc/cmaf/video/init.mp4", "cenc/cmaf/video/0.m4s", "cbcs-aapl/cmaf/video/0.m4s", "cbc/ts/video/0.ts",
        "cbc/cmaf/video/0.m4s", "cbc/cmaf/audio/0.m4s",
    ]

    private func url(_ object: String) -> String {
        let parts = object.split(separator: "/").map(String.init)
        let track = parts[2] == "video" ? Site.video[Site.video.count - 1] : Site.audio
        return "\(parts[0] == "clear" ? site.clear : site.protected)/v1/\(parts[0])/\(parts[1])/\(track)/\(parts[3])"
    }

    @Test(arguments: objects) func answersAreThoseOfHTTP1(object: String) throws {
        let url = url(object)
        let (old, new) = (try ask(url, "http1.1"), try ask(url, "http2"))
        #expect(old.status == 200 && new.status == 200)
        #expect(!old.body.isEmpty && old.body == new.body)
        for field in ["etag", "content-length", "content-type", "cache-control", "last-modified", "accept-ranges"] {
            #expect(old.headers[field] == new.headers[field] && new.headers[field] != nil, "\(field)")
        }
        let tag = try #require(new.headers["etag"])
        let half = old.body.count / 2
        let part = try ask(url, "http2", ["-r", "\(half)-\(half + 999)"])
        #expect(part.status == 206 && part.body == old.body.dropFirst(half).prefix(1000))
        #expect(
            part.headers["content-range"] == "bytes \(half)-\(min(half + 999, old.body.count - 1))/\(old.body.count)")
        #expect(try ask(url, "http2", ["-r", "\(old.body.count)-"]).status == 416)
        let known = try ask(url, "http2", ["-H", "If-None-Match: \(tag)"])
        #expect(known.status == 304 && known.body.isEmpty)
        #expect(try ask(url, "http2", ["-H", "If-Match: \"other\""]).status == 412)
        let head = try ask(url, "http2", ["--head"])
        #expect(head.status == 200 && head.headers["content-length"] == "\(old.body.count)")
    }

    /// Streams of one connection do not get into each other, and those that are given up leave the others whole.
    @Test func manyStreamsOfOneConnection() throws {
        let urls = Self.objects.map(url)
        let wanted = try urls.map { try curl($0).body }
        var options = [
            "-sS", "--globoff", "--path-as-is", "--http2", "--cacert", secure.certificate, "--parallel",
            "--parallel-max",
            "50", "--max-time", "300",
        ]
        for round in 0..<5 {
            for (number, url) in urls.enumerated() {
                options += ["-o", "\(secure.folder.path)/\(round)-\(number)", address(url)]
            }
        }
        let outcome = try run(Programs.outside("curl"), options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for round in 0..<5 {
            for (number, body) in wanted.enumerated() {
                #expect(try Data(contentsOf: secure.folder.url("\(round)-\(number)")) == body)
            }
        }
    }

    @Test(arguments: [
        "v1/clear/cmaf/nothing/0.m4s", "v1/clear/cmaf/video/1.m4s", "manifest(format=mpd-time-cmaf,encryption=cbc)",
        "nothing",
    ])
    func refusalsAreThoseOfHTTP1(path: String) throws {
        let (old, new) = (try ask("\(site.clear)/\(path)", "http1.1"), try ask("\(site.clear)/\(path)", "http2"))
        #expect(old.status >= 400 && old.status == new.status)
        #expect(new.headers["content-type"] == "application/problem+json")
        func code(_ answer: Answer) throws -> String? {
            (try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["code"] as? String
        }
        #expect(try code(old) == code(new) && code(new) != nil)
    }

    @Test func playlistsPlayOverHTTP2() throws {
        for format in ["m3u8-cmaf", "mpd-time-cmaf"] {
            let url = "\(site.clear)/manifest(format=\(format))"
            let (old, new) = (try ask(url, "http1.1"), try ask(url, "http2"))
            #expect(new.status == 200 && old.body == new.body)
        }
    }
}
