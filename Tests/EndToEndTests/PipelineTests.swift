import Foundation
import Glibc
import TestSupport
import Testing

/// From a file to a published version, task by task.
@Suite(.waiting) struct PipelineTests {
    private let clip = Programs.clip("exo_sample.mp4")

    /// Without a server, the command that waits does the work.
    @Test func aPipelineRunsWhereSomebodyWaits() throws {
        let site = try PipelineSite()
        let id = try site.submit("film", clip)
        let watched = try site.data.must("job", "watch", id)
        #expect(watched.errors.contains("verify  finished"), "\(watched.errors)")
        #expect(try site.state(id) == "finished")
        let verified = try site.task("verify", of: id)["result"] as? [String: String] ?? [:]
        #expect(Int(verified["segments"] ?? "") ?? 0 >= 6)
        #expect((try site.task("probe", of: id)["result"] as? [String: String])?["video"]?.hasPrefix("h264") == true)
        #expect(try eventually { try site.receiver.messages().count == 2 })
        let told = try site.receiver.messages().map(\.properties)
        #expect(told.allSatisfy { ($0["CorrelationData"] as? [String: String]) == ["asset": "film"] })
        #expect(Set(told.map { $0["TaskId"] as? String ?? "-" }) == ["-", "notify"])
        // Once more: a new version through the same locator.
        let second = try site.submit("film", clip)
        try site.data.must("job", "watch", second)
        let locators = try site.data.must("locator", "list", "--json").json()["locators"] as? [Any] ?? []
        #expect(locators.count == 1)
        #expect(try site.data.must("asset", "show", "film", "--json").json()["version"] as? Int == 2)
        #expect(try site.data.must("audit", "verify").text.hasPrefix("intact"))
    }

    @Test func aServerRunsAPipelineAndTellsWhileItDoes() throws {
        let site = try PipelineSite(environment: ["KEYWAY_JOBS_INPUTS": Programs.repository.path + "/Tests/Media"])
        let server = try RunningServer(site.data)
        defer { server.stop() }
        let reader = try site.data.must("admin", "token", "create", "r", "--role", "reader").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let author = try site.data.must("admin", "token", "create", "o", "--role", "operator").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        func post(_ input: String, _ token: String) throws -> Answer {
            try curlWith(
                server.admin + "/v1/jobs",
                [
                    "-H", "Authorization: Bearer \(token)", "-H", "Content-Type: application/json", "-d",
                    #"{"transform":"films","asset":"film","inputs":["\#(input)"]}"#,
                ])
        }
        #expect(try post(clip, reader).status == 403)
        // Only below the folders that the configuration names, whatever is there.
        for input in ["/etc/passwd", "/nowhere", Programs.repository.path + "/Tests/Media/../../README.md"] {
            #expect(try post(input, author).status == 403, "\(input)")
        }
        let submitted = try post(clip, author)
        #expect(submitted.status == 200)
        let id = try #require((submitted.member("job") as? [String: Any])?["id"] as? String)
        let path = "\(server.admin)/v1/jobs/\(id)/events"
        #expect(try curl(path).status == 401)
        let stream = try curl(path, "-H", "Authorization: Bearer \(reader)")
        let text = String(decoding: stream.body, as: UTF8.self)
        #expect(stream.headers["content-type"] == "text/event-stream; charset=utf-8")
        #expect(text.contains("event: JobStateChange") && text.contains("\"state\":\"finished\""))
        let ids = text.split(separator: "\n").compactMap { $0.hasPrefix("id: ") ? Int($0.dropFirst(4)) : nil }
        #expect(ids == ids.sorted() && !ids.isEmpty)
        // Who comes back hears what came after.
        let rest = try curl(
            path, "-H", "Authorization: Bearer \(reader)", "-H", "Last-Event-ID: \(ids[ids.count - 2])")
        let again = String(decoding: rest.body, as: UTF8.self)
        #expect(again.split(separator: "\n").filter { $0.hasPrefix("id: ") } == ["id: \(ids[ids.count - 1])"])
        #expect(try curl(server.admin + "/v1/jobs/x/events", "-H", "Authorization: Bearer \(reader)").status == 404)
        #expect(
            try eventually {
                try site.data.must("notification", "log").text.components(separatedBy: "delivered").count == 3
            })
    }

    /// What was stored and is damaged does not play: what is served stays, and the job says why.
    @Test func whatDoesNotPlayIsNotPublished() throws {
        let site = try PipelineSite()
        let data = site.data
        try data.must("job", "watch", try site.submit("film", clip))
        let policy = try data.folder.write(
            "extra.yaml", Data("kind: DeliveryPolicy\nname: extra\nprotocols: [dash]\nencryption: cenc\n".utf8))
        let transform = """
            kind: Transform
            name: careful
            tasks:
              - { kind: encode, preset: adaptive }
              - { kind: verify, after: [encode], deliveryPolicies: [extra] }
              - { kind: publish, after: [verify] }

            """
        try data.must("apply", policy, data.folder.write("careful.yaml", Data(transform.utf8)))
        let id = try site.submit("film", clip, transform: "careful")
        try data.must("policy", "delete", "extra")
        let refused = try data.keyway("job", "watch", id)
        #expect(refused.status == 65 && refused.errors.contains("'extra'"), "\(refused.errors)")
        #expect(try site.task("encode", of: id)["state"] as? String == "finished")
        func current() throws -> Int? { try data.must("asset", "show", "film", "--json").json()["version"] as? Int }
        #expect(try current() == 1)
        // The version that waits is damaged.
        let folder = data.folder.path + "/media/assets/film/v2"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".cmaf") {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder + "/" + name))
            let size = try file.seekToEnd()
            try file.seek(toOffset: size / 4)
            try file.write(contentsOf: Data(count: Int(size / 2)))
            try file.close()
        }
        try data.must("apply", policy)
        try data.must("job", "retry", id)
        let damaged = try data.keyway("job", "watch", id)
        #expect(damaged.status == 65, "\(damaged.errors)")
        #expect(try site.task("verify", of: id)["errorCode"] as? String == "verifyFailed")
        #expect((try site.task("verify", of: id)["errorMessage"] as? String)?.contains("does not play") == true)
        #expect(try current() == 1)
        #expect(try site.task("encode", of: id)["attempt"] as? Int == 1)
    }

    /// A version leaves by the locators that there are as soon as it is the current one: so it is played under their policies as
    /// well, whichever the task names. One whose key was withdrawn lets nothing out, and holds nothing up.
    @Test func whatIsServedAtOnceIsPlayedToo() throws {
        let site = try PipelineSite()
        let data = site.data
        try data.must("job", "watch", try site.submit("film", clip))
        let documents = """
            kind: DeliveryPolicy
            name: open-dash
            protocols: [dash]
            encryption: none
            ---
            kind: Transform
            name: lean
            tasks:
              - { kind: encode, preset: adaptive }
              - { kind: verify, after: [encode], deliveryPolicies: [open-dash] }
              - { kind: publish, after: [verify] }

            """
        try data.must("apply", data.folder.write("lean.yaml", Data(documents.utf8)))
        func verified() throws -> [String: String] {
            let id = try site.submit("film", clip, transform: "lean")
            try data.must("job", "watch", id)
            return try site.task("verify", of: id)["result"] as? [String: String] ?? [:]
        }
        let first = try verified()
        #expect(first["deliveryPolicies"] == "open-dash,dash-cenc,hls-aes,hls-cbcs", "\(first)")
        #expect(first["notPlayed"] == nil)
        let keys = try data.must("asset", "show", "film", "--json").json()["keys"] as? [[String: Any]] ?? []
        let key = try #require(keys.first { $0["encryption"] as? String == "cenc" }?["keyId"] as? String)
        try data.must("key", "disable", key)
        let second = try verified()
        #expect(second["deliveryPolicies"] == "open-dash,hls-aes,hls-cbcs", "\(second)")
        #expect(second["notPlayed"]?.hasPrefix("dash-cenc: ") == true)
        #expect(try data.must("asset", "show", "film", "--json").json()["version"] as? Int == 3)
    }

    /// An input that is gone is said, and the job goes on when it is back.
    @Test func aVanishedInputIsSaid() throws {
        let site = try PipelineSite()
        let input = site.data.folder.path + "/film.mp4"
        try FileManager.default.copyItem(atPath: clip, toPath: input)
        let id = try site.submit("film", input)
        try FileManager.default.removeItem(atPath: input)
        let gone = try site.data.keyway("job", "watch", id)
        #expect(gone.status == 66 && gone.errors.contains("film.mp4"), "\(gone.errors)")
        #expect(try site.task("probe", of: id)["errorClass"] as? String == "content")
        try FileManager.default.copyItem(atPath: clip, toPath: input)
        try site.data.must("job", "retry", id)
        #expect(try site.data.must("job", "watch", id).status == 0)
    }

    @Test func cachesAreAskedForTheStart() throws {
        let origin = try ListenAddress.free()
        let site = try PipelineSite(environment: ["KEYWAY_LISTEN_ORIGIN": origin], edge: "http://\(origin)")
        let server = try RunningServer(site.data, environment: ["KEYWAY_LISTEN_ORIGIN": origin])
        defer { server.stop() }
        let id = try site.submit("film", clip)
        #expect(try eventually(within: 120) { try site.state(id) == "finished" })
        let result = try site.task("prewarm", of: id)["result"] as? [String: String] ?? [:]
        #expect(Int(result["objects"] ?? "") ?? 0 > 10 && Int(result["bytes"] ?? "") ?? 0 > 10_000, "\(result)")
    }
}

/// A port that nobody has just now.
private enum ListenAddress {
    static func free() throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer -> UInt16? in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(descriptor, address, size) == 0, getsockname(descriptor, address, &size) == 0 else {
                    return nil
                }
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_port.bigEndian }
            }
        }
        guard let port else { throw ToolMissing(name: "a free port") }
        return "127.0.0.1:\(port)"
    }
}
