import Foundation
import TestSupport
import Testing

/// Assets that are taken down and put up again, rolled back and forth, and locators that are not open yet or no longer: by
/// both ways to an answer, within a second.
@Suite(.serialized, .waiting) struct TakedownTests {
    private static let shared = Result { try Stage() }

    private final class Stage: Sendable {
        let data: DataFolder
        let server: RunningServer

        init() throws {
            data = try DataFolder()
            try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            try data.must("apply", "Policies", "Keys")
            let documents = """
                kind: DeliveryPolicy
                name: clear
                protocols: [hls, dash, smooth]
                encryption: none
                ---
                kind: DeliveryPolicy
                name: cenc
                protocols: [hls, dash]
                encryption: cenc
                ---
                kind: AuthorizationPolicy
                name: anyone
                options: [{ name: o, delivery: [aes, clearkey], restrictions: [open] }]
                """
            try data.must("apply", try data.folder.write("policies.yaml", Data(documents.utf8)))
            try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
            server = try RunningServer(data)
        }
    }

    private let data: DataFolder
    private let server: RunningServer

    init() throws {
        let stage = try Self.shared.get()
        data = stage.data
        server = stage.server
    }

    private func publish(_ arguments: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["publish", "film", "--json"] + arguments, environment: data.environment)
        guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
        return "\(server.origin)/\(try #require(try outcome.json()["locator"] as? String))/film.ism"
    }

    /// By the router, and by the fast path.
    private func statuses(_ url: String) throws -> Set<Int> {
        Set(try [["-H", "Connection: close"], [], []].map { try curlWith(url, $0).status })
    }

    private func code(_ url: String) throws -> String? {
        (try JSONSerialization.jsonObject(with: try curl(url).body) as? [String: Any])?["code"] as? String
    }

    /// Every URL of a segment that a playlist of the presentation names first.
    private func segment(_ root: String) throws -> String {
        let manifest = String(decoding: try curl("\(root)/manifest(format=m3u8-cmaf)").body, as: UTF8.self)
        let playlist = try #require(manifest.split(separator: "\n").first { $0.hasPrefix("v") })
        let media = String(decoding: try curl("\(root)/\(playlist)").body, as: UTF8.self)
        let first = try #require(media.split(separator: "\n").first { !$0.hasPrefix("#") })
        return "\(root)/\(playlist.split(separator: "/").dropLast().joined(separator: "/"))/\(first)"
    }

    @Test func nothingOfWhatIsTakenDownIsServed() throws {
        let (clear, other) = (try publish("--delivery", "clear"), try publish("--delivery", "clear"))
        let keyed = try publish("--delivery", "cenc", "--auth", "anyone")
        let keys = try #require(
            try data.must("asset", "show", "film", "--json").json()["keys"] as? [[String: Any]])
        let kid = try #require(keys.first?["keyId"] as? String)
        let licence = ["-d", #"{"kids":["\#(try Self.base64url(kid))"],"type":"temporary"}"#]
        func keyStatuses() throws -> Set<Int> {
            Set(
                try [["-H", "Connection: close"], []].map {
                    try curlWith(server.origin + "/keys/clearkey", licence + $0).status
                })
        }
        let urls =
            try [clear, other, keyed].flatMap { root in
                [try segment(root), "\(root)/manifest(format=m3u8-cmaf)"]
            } + ["\(clear)/manifest(format=mpd-time-cmaf)", "\(clear)/manifest"]
        for url in urls { #expect(try statuses(url) == [200]) }
        #expect(try keyStatuses() == [200])
        let report = try data.must("asset", "takedown", "film", "--reason", "a court's order", "--json").json()
        settle()
        for url in urls {
            #expect(try statuses(url) == [410], "\(url)")
            #expect(try code(url) == "MPE_ASSET_TAKEN_DOWN")
        }
        #expect(try keyStatuses() == [404])
        let tested = try data.keyway("policy", "test", "--kid", kid, "--delivery", "clearkey")
        #expect(tested.status == 77 && tested.text.contains("taken down"))
        let prefixes = try #require((report["purge"] as? [String: Any])?["prefixes"] as? [String])
        for root in [clear, other, keyed] {
            #expect(prefixes.contains { root.dropFirst(server.origin.count).hasPrefix($0) })
        }
        #expect((report["purge"] as? [String: Any])?["tags"] as? [String] == ["film"])
        // Again, it says the same and changes nothing.
        let again = try data.must("asset", "takedown", "film", "--json").json()
        #expect(again["changed"] as? Bool == false && again["reason"] as? String == "a court's order")
        #expect(try data.keyway("publish", "film", "--delivery", "clear").status == 65)
        try data.must("asset", "restore", "film")
        settle()
        for url in urls { #expect(try statuses(url) == [200], "\(url)") }
        #expect(try keyStatuses() == [200])
        #expect(try data.must("asset", "restore", "film").text.contains("was not taken down"))
        let told = try data.must("audit", "tail", "-n", "200").text
        for word in ["assetTakenDown", "court", "assetRestored"] { #expect(told.contains(word), "\(told)") }
    }

    private static func base64url(_ kid: String) throws -> String {
        let bytes = withUnsafeBytes(of: try #require(UUID(uuidString: kid)).uuid) { Data($0) }
        return bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test func versionsAreServedOneAtATime() throws {
        let root = try publish("--delivery", "clear")
        let first = try segment(root)
        let media = try curl(first).body
        try data.must("encode", Programs.clip(), "--asset", "film")
        // A policy that only the second version came under.
        let keyed = try publish("--delivery", "cenc", "--auth", "anyone")
        settle()
        let second = try segment(root)
        #expect(first.contains("/v1/") && second.contains("/v2/"))
        #expect(try statuses(second) == [200])
        #expect(try statuses(first) == [404])
        // Files of the version that is not served stay, also when a worker starts.
        let back = try data.must("asset", "rollback", "film", "--json").json()
        #expect(back["version"] as? Int == 1 && back["previous"] as? Int == 2)
        settle()
        #expect(try curl(first).body == media)
        #expect(try statuses(first) == [200])
        #expect(try statuses(second) == [404])
        #expect(try segment(keyed).contains("/v1/"))
        #expect(try statuses(try segment(keyed)) == [200])
        let restarted = try RunningServer(data)
        settle()
        let list = try data.must("asset", "versions", "film", "--json").json()["versions"] as? [[String: Any]]
        #expect(list?.map { $0["number"] as? Int } == [1, 2])
        #expect(list?.map { $0["current"] as? Bool } == [true, false])
        // Keys that are made now are of the next version: the second is as it was.
        try data.must("key", "rotate", "--asset", "film")
        try data.must("asset", "rollback", "film", "--to", "2")
        settle()
        let again = restarted.origin + String(second.dropFirst(server.origin.count))
        #expect(try statuses(again) == [200])
        #expect(try statuses(second) == [200])
        #expect(try statuses(try segment(keyed)) == [200])
        #expect(try data.keyway("asset", "rollback", "film", "--to", "9").status == 66)
        #expect(try data.must("asset", "rollback", "film", "--to", "2").text.contains("already"))
        try data.must("asset", "rollback", "film", "--to", "1")
        #expect(try data.keyway("asset", "rollback", "film").status == 65)
    }

    @Test func locatorsOpenAndCloseInTime() throws {
        func time(_ seconds: Double) -> String {
            Date(timeIntervalSinceNow: seconds).formatted(Date.ISO8601FormatStyle())
        }
        let lasting = try segment(try publish("--delivery", "clear"))
        let root = try publish("--delivery", "clear", "--start", time(15), "--end", time(35))
        let path = lasting.split(separator: ".ism/").last.map(String.init) ?? ""
        let urls = ["\(root)/\(path)", "\(root)/manifest(format=m3u8-cmaf)"]
        for url in urls {
            #expect(try statuses(url) == [404])
            #expect(try code(url) == "MPE_UNAUTHORIZED")
        }
        for url in urls { #expect(try eventually { try statuses(url) == [200] }) }
        for url in urls {
            #expect(try eventually { try statuses(url) == [404] })
            #expect(try code(url) == "MPE_UNAUTHORIZED")
        }
    }
}
