import Foundation
import TestSupport
import Testing

/// Players that cannot set headers: the token goes with the playlist, and the key URIs carry a ticket.
@Suite(.waiting) struct TicketTests {
    private static let shared = Result { try TicketSite() }
    private let site: TicketSite

    init() throws {
        site = try Self.shared.get()
    }

    private func frames(_ input: [String]) throws -> [String] {
        let outcome = try run(Programs.outside("ffmpeg"), ["-v", "error"] + input + ["-f", "framemd5", "-"])
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map(String.init)
        }
    }

    @Test func ffmpegPlaysWithATokenInTheFirstAddressOnly() throws {
        let address = "\(site.protected)/manifest(format=m3u8-aapl,encryption=cbc)"
        let decrypted = try frames(["-i", "\(address)?token=\(try site.token())", "-map", "0:v:0"])
        let clear = try frames(["-i", "\(site.clear)/manifest(format=m3u8-aapl)", "-map", "0:v:0"])
        #expect(!clear.isEmpty && decrypted == clear)
        let refused = try run(Programs.outside("ffmpeg"), ["-v", "error", "-i", address, "-f", "null", "-"])
        #expect(refused.status != 0)
    }

    /// One ticket for a session, in every playlist and however often it is read; media stays for everyone.
    @Test func theKeyURIStaysTheSame() throws {
        let token = try site.token()
        let master = try site.read("manifest(format=m3u8-aapl,encryption=cbc)?token=\(token)")
        #expect(master.headers["cache-control"] == "private, no-store")
        let variants = master.text.split(separator: "\n").filter { $0.contains("media.m3u8") }
        #expect(variants.count > 2 && variants.allSatisfy { $0.contains("media.m3u8?ticket=") })
        #expect(!master.text.contains(token))
        let paths = variants.map { line in
            String(line.contains("URI=\"") ? line.components(separatedBy: "URI=\"")[1].prefix { $0 != "\"" } : line)
        }
        var keys: Set<String> = []
        for path in paths + paths {
            let playlist = try site.read(path)
            #expect(playlist.headers["cache-control"] == "private, no-store")
            let key = playlist.text.components(separatedBy: "URI=\"").dropFirst().first?.prefix { $0 != "\"" }
            keys.insert(String(try #require(key)))
            #expect(playlist.text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") || !$0.contains("ticket") })
        }
        // With a token in a header, the same; without anything, a playlist for everyone.
        let header = try site.read("manifest(format=m3u8-aapl,encryption=cbc)", "-H", "Authorization: Bearer \(token)")
        #expect(header.text == master.text)
        let open = try site.read("manifest(format=m3u8-aapl,encryption=cbc)")
        #expect(!open.text.contains("ticket") && open.headers["cache-control"]?.hasPrefix("public") == true)
        // Caches keep apart what a token changes, and nothing else.
        #expect(open.headers["vary"] == "Authorization" && header.headers["vary"] == "Authorization")
        #expect(try curl("\(site.clear)/manifest(format=m3u8-aapl)").headers["vary"] == nil)
        let dash = try site.read("manifest(format=mpd-time-cmaf,encryption=cenc)")
        #expect(dash.status == 200 && dash.headers["vary"] == nil)
        #expect(keys.count == 1)
        let key = try #require(keys.first)
        // Players that fetch keys in advance are told the same.
        let session = master.text.split(separator: "\n").filter { $0.hasPrefix("#EXT-X-SESSION-KEY:") }
        #expect(session == ["#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"\(key)\""])
        #expect(
            open.text.contains(
                "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"\(key.components(separatedBy: "&ticket")[0])\"\n"))
        #expect(try curl(key).body.count == 16)
        // The audit log has who it was, and that a ticket stood in.
        let tail = try site.data.must("audit", "tail", "-n", "50", "--json").text
        #expect(tail.contains("ticketGiven") && tail.contains("\"viewer\""))
    }

    @Test func whatIsNotATicketOpensNothing() throws {
        let key = try site.keyURI(try site.token())
        let parts = key.components(separatedBy: "ticket=")
        #expect(parts.count == 2)
        for position in stride(from: 0, to: parts[1].count, by: 7) {
            var text = Array(parts[1])
            text[position] = text[position] == "A" ? "B" : "A"
            #expect(try curl(parts[0] + "ticket=" + String(text)).status == 401)
        }
        for text in ["", "A", String(parts[1].dropLast()), parts[1] + "AAAA", String(repeating: "A", count: 5000)] {
            #expect(try curl(parts[0] + "ticket=" + text).status == 401, "\(text.prefix(10))")
        }
        let other = try #require(
            try site.data.must("key", "create", "--type", "envelope", "--auth", "viewers", "--json").json()["keyId"]
                as? String)
        #expect(try curl("\(site.server.origin)/keys/aes?kid=\(other)&ticket=\(parts[1])").status == 401)
        // A token that is shown counts, and no ticket beside it.
        #expect(try curl("\(key)&token=nonsense").status == 401)
        let tail = try site.data.must("audit", "tail", "-n", "20").text
        #expect(tail.contains("reason=ticketRejected") && tail.contains("detail=otherKey"))
    }

    @Test(arguments: ["nonsense", "expired"]) func aTokenThatIsNotGoodIsRefusedWithThePlaylist(kind: String) throws {
        let token = kind == "expired" ? try site.token("--lifetime", "-1h") : kind
        for path in ["manifest(format=m3u8-aapl,encryption=cbc)", "v1/cbc/ts/\(Site.audio)/media.m3u8"] {
            #expect(try site.read("\(path)?token=\(token)").status == 401)
            #expect(try site.read("\(path)?ticket=\(token)").status == 401)
        }
        // Manifests of DASH carry no tickets, and are for everyone.
        #expect(try site.read("manifest(format=mpd-time-cmaf)?token=\(token)").status == 200)
    }

    @Test func theTicketEndsWithTheToken() throws {
        let key = try site.keyURI(try site.token("--lifetime", "15s"))
        #expect(try curl(key).status == 200)
        #expect(try eventually { try curl(key).status == 401 })
    }

    @Test func revocationEndsIt() throws {
        let key = try site.keyURI(try site.token("--token-id", "ticket-7"))
        let other = try site.keyURI(try site.token("--token-id", "ticket-8"))
        #expect(try curl(key).status == 200)
        try site.data.must("revocation", "add", "--token-id", "ticket-7")
        #expect(try eventually { try curl(key).status == 401 })
        #expect(try curl(other).status == 200)
    }

    /// A server of its own, whose policies and secret change.
    @Test func aChangedPolicyAndANewSecretEndAllTickets() throws {
        let site = try TicketSite(tickets: "address", environment: ["KEYWAY_TRUSTED_PROXIES": "127.0.0.0/8"])
        func from(_ address: String, _ url: String) throws -> Int {
            try curl(url, "-H", "X-Forwarded-For: \(address)").status
        }
        func ticket() throws -> String {
            try site.keyURI(try site.token(), "-H", "X-Forwarded-For: 192.0.2.7")
        }
        // Bound to the viewer's address.
        let bound = try ticket()
        #expect(try from("192.0.2.7", bound) == 200)
        #expect(try from("192.0.2.8", bound) == 401)
        try site.apply(claims: "requiredClaims: { plan: premium }")
        #expect(try eventually { try from("192.0.2.7", bound) == 401 })
        try site.apply(claims: "")
        // The very same policy again: the revision is what it says, not when.
        #expect(try eventually { try from("192.0.2.7", bound) == 200 })
        try site.data.must("secret", "set", "keyway.key-tickets", input: Data(repeating: 0x41, count: 32))
        #expect(try eventually { try from("192.0.2.7", bound) == 401 })
        #expect(try from("192.0.2.7", ticket()) == 200)
        // So does a new value of the secret that tokens are signed with.
        let signed = try ticket()
        try site.data.must("secret", "set", "sts", input: Data(repeating: 0x5B, count: 32))
        #expect(try eventually { try from("192.0.2.7", signed) == 401 })
        #expect(try from("192.0.2.7", ticket()) == 200)
        site.server.stop()
    }
}

/// What ends a ticket where it was given, on a server of its own.
@Suite(.waiting) struct TicketPlaceTests {
    @Test func turningTicketsOffEndsThoseThatWereGiven() throws {
        let site = try TicketSite()
        let key = try site.keyURI(try site.token())
        #expect(try curl(key).status == 200)
        try site.deliver(tickets: "off")
        #expect(try eventually { try curl(key).status == 401 })
        // The token itself is as good as before.
        let bare = try #require(key.components(separatedBy: "&ticket=").first)
        #expect(try curl("\(bare)&token=\(site.token())").status == 200)
        try site.deliver(tickets: "on")
        #expect(try eventually { try curl(key).status == 200 })
        // Bound ones only: this one is not.
        try site.deliver(tickets: "address")
        #expect(try eventually { try curl(key).status == 401 })
        let bound = try site.keyURI(try site.token())
        #expect(try curl(bound).status == 200)
        let tail = try site.data.must("audit", "tail", "-n", "20").text
        #expect(tail.contains("detail=ticketsOff") && tail.contains("detail=notBound"))
        site.server.stop()
    }

    @Test func itIsOfOneLocator() throws {
        let site = try TicketSite()
        let key = try site.keyURI(try site.token())
        let ticket = try #require(key.components(separatedBy: "ticket=").last)
        let other = try site.publish()
        let playlist = "\(site.server.origin)/\(other)/film.ism/v1/cbc/ts/\(Site.audio)/media.m3u8"
        #expect(try curl("\(playlist)?token=\(site.token())").status == 200)
        #expect(try curl("\(playlist)?ticket=\(ticket)").status == 401)
        #expect(try site.read("v1/cbc/ts/\(Site.audio)/media.m3u8?ticket=\(ticket)").status == 200)
        try site.data.must("locator", "revoke", site.locator)
        #expect(try eventually { try curl(key).status == 401 })
        let tail = try site.data.must("audit", "tail", "-n", "20").text
        #expect(tail.contains("ticketDenied") && tail.contains("detail=locatorClosed"))
        site.server.stop()
    }
}

/// A film whose policy asks for a token, on a server of its own.
private final class TicketSite: Sendable {
    let data: DataFolder
    let server: RunningServer
    let locator: String
    let protected: String
    let clear: String

    init(tickets: String = "on", environment: [String: String] = [:]) throws {
        data = try DataFolder()
        try data.must("secret", "set", "sts", input: Data(repeating: 0x5A, count: 32))
        try Self.apply(data, claims: "")
        try Self.deliver(data, tickets: tickets)
        let delivery = """
            kind: DeliveryPolicy
            name: dash
            protocols: [dash]
            encryption: cenc
            ---
            kind: DeliveryPolicy
            name: clear
            protocols: [hls]
            encryption: none

            """
        try data.must("apply", try data.folder.write("delivery.yaml", Data(delivery.utf8)))
        try data.must("encode", Programs.clip(), "--asset", "film")
        locator = try Self.publish(data)
        let open = try data.must("publish", "film", "--delivery", "clear", "--json").json()["locator"] as? String
        server = try RunningServer(data, environment: environment)
        protected = "\(server.origin)/\(locator)/film.ism"
        clear = "\(server.origin)/\(open ?? "")/film.ism"
    }

    func deliver(tickets: String) throws { try Self.deliver(data, tickets: tickets) }

    private static func deliver(_ data: DataFolder, tickets: String) throws {
        let text = """
            kind: DeliveryPolicy
            name: protected
            protocols: [hls]
            encryption: envelope
            keyAcquisition: { tickets: \(tickets) }

            """
        try data.must("apply", try data.folder.write("protected.yaml", Data(text.utf8)))
    }

    /// Another locator of the film, under the same policies.
    func publish() throws -> String { try Self.publish(data) }

    private static func publish(_ data: DataFolder) throws -> String {
        let outcome = try data.must(
            "publish", "film", "--auth", "viewers", "--delivery", "protected", "--delivery", "dash", "--json")
        return try #require(try outcome.json()["locator"] as? String)
    }

    func apply(claims: String) throws { try Self.apply(data, claims: claims) }

    private static func apply(_ data: DataFolder, claims: String) throws {
        let text = """
            kind: AuthorizationPolicy
            name: viewers
            options:
              - name: web
                delivery: [aes, clearkey]
                restrictions:
                  - token:
                      type: jwt
                      issuer: https://sts.example
                      audience: films
                      verificationKeys: [{ secret: sts, algorithms: [HS256] }]
                      clockSkew: 0s
                      \(claims)

            """
        try data.must("apply", try data.folder.write("viewers.yaml", Data(text.utf8)))
    }

    func token(_ arguments: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["token", "issue", "--policy", "viewers", "--subject", "viewer"] + arguments,
            environment: data.environment)
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func read(_ path: String, _ arguments: String...) throws -> Answer {
        try curlWith("\(protected)/\(path)", ["-g"] + arguments)
    }

    /// The key URI of a playlist that was read with a token.
    func keyURI(_ token: String, _ arguments: String...) throws -> String {
        let playlist = try curlWith(
            "\(protected)/v1/cbc/ts/\(Site.audio)/media.m3u8?token=\(token)", arguments)
        let key = playlist.text.components(separatedBy: "URI=\"").dropFirst().first?.prefix { $0 != "\"" }
        return String(try #require(key, "\(playlist.status) \(playlist.text)"))
    }
}

extension Answer {
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}
