import Foundation
import Testing

/// One small asset behind streaming endpoints. Tests do not disturb each other: each has hosts of its own.
final class EndpointSite: Sendable {
    static let shared = Result { try EndpointSite() }
    static let secret = String(repeating: "c3", count: 32)

    let data: DataFolder
    let server: RunningServer
    /// `/{locator}/film.ism`, in the clear.
    let film: String
    /// The same under AES-128.
    let protected: String
    let token: String

    private init() throws {
        data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("secret", "set", "url-key", input: Data("hex:\(Self.secret)".utf8))
        try data.must("secret", "set", "url-key-2", input: Data("hex:\(String(repeating: "d4", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let open = "kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash, smooth]\nencryption: none\n"
        try data.must("apply", try data.folder.write("clear.yaml", Data(open.utf8)))
        try data.must("encode", Programs.clip(), "--asset", "film")
        let clear = try data.must("publish", "film", "--delivery", "clear", "--json").json()
        film = "/\(try #require(clear["locator"] as? String))/film.ism"
        let keyed = try data.must(
            "publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes", "--json"
        ).json()
        protected = "/\(try #require(keyed["locator"] as? String))/film.ism"
        token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        server = try RunningServer(data, environment: ["KEYWAY_TRUSTED_PROXIES": "127.0.0.0/8"])
    }

    func apply(_ name: String, _ fields: String) throws {
        let text = "kind: StreamingEndpoint\nname: \(name)\nhosts: [\(name).example]\n\(fields)\n"
        try data.must("apply", try data.folder.write("\(name).yaml", Data(text.utf8)))
        // In force within a second on every server.
        settle()
    }

    /// An answer of an endpoint, by the fast path: the first request takes what is needed into memory.
    func get(_ path: String, of name: String, _ options: String...) throws -> Answer {
        _ = try curlWith(server.origin + path, ["-H", "Host: \(name).example", "-o", "/dev/null"] + options)
        return try curlWith(server.origin + path, ["-H", "Host: \(name).example"] + options)
    }

    /// The answers by the router, to which `Connection: close` leads, and by the fast path.
    func both(_ path: String, of name: String, _ options: String...) throws -> [Answer] {
        try [options + ["-H", "Connection: close"], options, options].map {
            try curlWith(server.origin + path, ["-H", "Host: \(name).example"] + $0)
        }
    }

    static let hls = "/manifest(format=m3u8-cmaf)"

    /// The first two segments of the largest track of pictures, and its init segment and playlist.
    static let folder = "/v1/clear/cmaf/\(Site.video[0])"

    func code(_ answer: Answer) throws -> String? {
        (try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["code"] as? String
    }
}
