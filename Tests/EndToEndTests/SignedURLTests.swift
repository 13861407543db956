import Foundation
import TestSupport
import Testing

/// Signed URLs and cookies: what they open, what they do not, and that playlists hand them on.
@Suite(.waiting) struct SignedURLTests {
    private let site: EndpointSite
    private let film: String

    init() throws {
        site = try EndpointSite.shared.get()
        film = site.film
    }

    private func sign(_ name: String, _ path: String, _ options: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["endpoint", "sign", path, "--endpoint", name, "--json"] + options,
            environment: site.data.environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try outcome.json()["query"] as? String)
    }

    /// HMAC by a program that is not ours.
    private func openssl(_ text: String, hexKey: String) throws -> String {
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("openssl"),
            [
                "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hexKey)", "-r",
                try folder.write("t", Data(text.utf8)),
            ])
        #expect(outcome.status == 0)
        return "kw=\(text)~hmac=\(outcome.text.prefix(64))"
    }

    private func later(_ seconds: Double) -> Int { Int(Date().timeIntervalSince1970 + seconds) }

    @Test func onlyGoodSignaturesOpen() throws {
        try site.apply("signed", "signedURLs: { secret: url-key, alternate: url-key-2 }")
        let path = film + EndpointSite.folder + "/0.m4s"
        let folder = String(film.dropLast(8))
        let good = "exp=\(later(600))~pre=\(folder)"
        let other = String(repeating: "d4", count: 32)
        let wrong = String(repeating: "e5", count: 32)
        let bound = good + "~ip=198.51.100.7"
        let cases: [(String?, String?)] = [
            (try openssl(good, hexKey: EndpointSite.secret), nil), (try openssl(good, hexKey: other), nil),
            (try openssl("exp=\(later(600))~pre=\(path)", hexKey: EndpointSite.secret), nil), (nil, "signatureMissing"),
            ("kw=", "signatureMalformed"), ("kw=exp=1~pre=/~hmac=x", "signatureMalformed"),
            (try openssl(good, hexKey: wrong), "signatureRejected"),
            (try openssl(good, hexKey: EndpointSite.secret).replacing("pre=/", with: "pre=/x"), "signatureRejected"),
            (try openssl("exp=\(later(-1))~pre=\(folder)", hexKey: EndpointSite.secret), "signatureExpired"),
            (
                try openssl(
                    "exp=\(later(600))~pre=/11111111-2222-4333-8444-555555555555/", hexKey: EndpointSite.secret),
                "signaturePath"
            ),
            (try openssl("exp=\(later(600))~pre=\(path)x", hexKey: EndpointSite.secret), "signaturePath"),
            (try openssl(bound, hexKey: EndpointSite.secret), "signatureAddress"),
        ]
        for (query, code) in cases {
            for answer in try site.both(path + (query.map { "?" + $0 } ?? ""), of: "signed") {
                #expect(answer.status == (code == nil ? 200 : 403), "\(query ?? "none")")
                if let code { #expect(try site.code(answer) == code, "\(query ?? "none")") }
            }
            guard let query else { continue }
            for answer in try site.both(path, of: "signed", "-H", "Cookie: a=b; \(query)") {
                #expect(answer.status == (code == nil ? 200 : 403), "cookie \(query)")
            }
        }
        let own = try openssl(bound, hexKey: EndpointSite.secret)
        for answer in try site.both("\(path)?\(own)", of: "signed", "-H", "X-Forwarded-For: 198.51.100.7") {
            #expect(answer.status == 200)
            // A cache would give it to any other client.
            #expect(answer.headers["cache-control"]?.hasPrefix("private, max-age=") == true)
        }
        // A redirection tells what there is, so it needs a signature, too.
        #expect(try site.get(film + "/Manifest(format=m3u8-cmaf)", of: "signed").status == 403)
    }

    /// A signature ends while it is remembered, and when its secret is another one.
    @Test func signaturesEnd() throws {
        try site.data.must("secret", "set", "url-key-3", input: Data("hex:\(EndpointSite.secret)".utf8))
        try site.apply("ending", "signedURLs: { secret: url-key-3 }")
        let path = film + EndpointSite.folder + "/init.mp4"
        let short = try openssl("exp=\(later(15))~pre=/", hexKey: EndpointSite.secret)
        let long = try openssl("exp=\(later(600))~pre=/", hexKey: EndpointSite.secret)
        for answer in try site.both("\(path)?\(short)", of: "ending") { #expect(answer.status == 200) }
        #expect(try eventually { try site.both("\(path)?\(short)", of: "ending").allSatisfy { $0.status == 403 } })
        for answer in try site.both("\(path)?\(long)", of: "ending") { #expect(answer.status == 200) }
        try site.data.must("secret", "set", "url-key-3", input: Data("hex:\(String(repeating: "f6", count: 32))".utf8))
        settle()
        for answer in try site.both("\(path)?\(long)", of: "ending") {
            #expect(try site.code(answer) == "signatureRejected")
        }
        // Without its secret nothing is good.
        try site.data.must("secret", "delete", "url-key-3")
        settle()
        for answer in try site.both("\(path)?\(long)", of: "ending") { #expect(answer.status == 403) }
    }

    @Test func cachesAreToldHowLong() throws {
        try site.apply("bounded", "signedURLs: { secret: url-key }\nprefetch: true")
        try site.apply("edge", "signedURLs: { secret: url-key, checkedAtEdge: true }\nprefetch: true")
        let path = film + EndpointSite.folder + "/0.m4s"
        let text = try openssl("exp=\(later(600))~pre=\(film)/", hexKey: EndpointSite.secret)
        for answer in try site.both("\(path)?\(text)", of: "bounded") {
            let control = try #require(answer.headers["cache-control"])
            let age = Int(control.dropFirst("public, max-age=".count).prefix { $0.isNumber }) ?? 0
            #expect(answer.headers["link"]?.contains("?\(text)>") == true)
            #expect((500...600).contains(age) && control.hasPrefix("public") && !control.contains("immutable"))
        }
        for answer in try site.both(path, of: "bounded", "-H", "Cookie: \(text)") {
            #expect(answer.headers["cache-control"]?.hasPrefix("private, max-age=") == true)
        }
        for way in [["\(path)?\(text)"], [path, "-H", "Cookie: \(text)"]] {
            for answer in try [0, 1].map({ _ in
                try curlWith(site.server.origin + way[0], ["-H", "Host: edge.example"] + way.dropFirst())
            }) {
                #expect(answer.headers["cache-control"] == "public, max-age=31536000, s-maxage=31536000, immutable")
                // What all share names nobody's signature.
                #expect(!answer.headers.values.contains { $0.contains("hmac") })
                #expect(answer.headers["link"] != nil)
            }
        }
        // Another parameter makes an alias.
        #expect(try site.get("\(path)?\(text)&x=1", of: "edge").headers["cache-control"] == "no-store")
        let manifest = try site.get("\(film)\(EndpointSite.hls)?\(text)", of: "edge")
        #expect(manifest.headers["cache-control"] == "private, no-store")
    }

    /// Every object that manifests name is fetched with the signature that they hand on.
    @Test(arguments: ["m3u8-aapl", "m3u8-cmaf", "m3u8-aapl-v3"])
    func playlistsHandTheSignatureOn(format: String) throws {
        try site.apply("handing", "signedURLs: { secret: url-key }\nprefetch: true")
        let query = try sign("handing", film + "/", "--expires", "10m")
        let url = "\(site.server.origin)\(film)/manifest(format=\(format))?\(query)"
        let host = ["-H", "Host: handing.example"]
        var links = try references(curlWith(url, host), of: url)
        #expect(!links.isEmpty)
        var seen: Set<String> = []
        var segments = 0
        while let link = links.popLast() {
            guard seen.insert(link).inserted else { continue }
            #expect(link.contains("?\(query)"), "\(link)")
            let answer = try curlWith(link, host + ["-r", "0-199999"])
            #expect(answer.status == 206 || answer.status == 200, "\(link)")
            if link.contains(".m3u8") {
                links += try references(curlWith(link, host), of: link)
            } else {
                segments += 1
            }
        }
        #expect(segments >= 10)
    }

    /// The URIs of a playlist, resolved.
    private func references(_ answer: Answer, of base: String) throws -> [String] {
        #expect(answer.status == 200)
        let folder = base.split(separator: "?")[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        return String(decoding: answer.body, as: UTF8.self).split(separator: "\n").compactMap { line -> String? in
            if !line.hasPrefix("#") { return "\(folder)/\(line)" }
            guard let start = line.firstRange(of: "URI=\"") else { return nil }
            return "\(folder)/\(line[start.upperBound...].prefix { $0 != "\"" })"
        }
    }

    /// ffmpeg, which keeps no cookies and signs nothing, plays what it is given one URL of.
    @Test(arguments: ["m3u8-aapl", "m3u8-cmaf", "mpd-time-cmaf", "fmp4-v20"])
    func playersPlayFromOneURL(format: String) throws {
        // Players name the host of their URL, which is no other test's.
        let edge = "kind: StreamingEndpoint\nname: played\nhosts: [localhost]\nsignedURLs: { secret: url-key }\n"
        try site.data.must("apply", try site.data.folder.write("played-\(format).yaml", Data(edge.utf8)))
        settle()
        let query = try sign("played", film + "/")
        let port = site.server.origin.split(separator: ":").last ?? ""
        let url = "http://localhost:\(port)\(film)/manifest\(format == "fmp4-v20" ? "" : "(format=\(format))")?\(query)"
        let answer = try curl(url)
        #expect(answer.status == 200)
        let body = String(decoding: answer.body, as: UTF8.self)
        let signed = body.components(separatedBy: "?\(query)").count - 1
        #expect(signed >= 2, "\(body.prefix(2000))")
        guard format != "fmp4-v20" else { return }
        let isHLS = format != "mpd-time-cmaf"
        let played = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error"] + (isHLS ? ["-allowed_extensions", "ALL"] : [])
                + ["-i", url, "-t", "1", "-map", "0:v:0", "-f", "framemd5", "-"])
        #expect(played.status == 0, "\(played.errors)")
        #expect(played.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count >= 20)
    }

    /// What is no path at all, and what is no time or address by its form.
    @Test(arguments: [
        (["relative", "--endpoint", "signing"], 65), (["/a b/", "--endpoint", "signing"], 65),
        (["/a/", "--endpoint", "signing", "--expires", "soon"], 64),
        (["/a/", "--endpoint", "signing", "--ip", "1.2.3"], 64),
    ])
    func whatCannotBeSigned(arguments: [String], status: Int) throws {
        let outcome = try run(
            Programs.own("keyway"), ["endpoint", "sign"] + arguments, environment: site.data.environment)
        #expect(Int(outcome.status) == status)
    }
}
