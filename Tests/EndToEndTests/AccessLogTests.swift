import Foundation
import TestSupport
import Testing

/// The access log of a real server: every request of every listener, and nothing that opens anything.
@Suite(.waiting) struct AccessLogEndToEndTests {
    private struct Line: Decodable {
        var listener: String
        var request: String
        var client: String
        var method: String
        var path: String
        var status: Int
        var bytes: Int?
    }

    @Test func everyRequestAndNoSecret() throws {
        let site = AuditSite(data: try DataFolder())
        let kid = try site.prepare()
        let admin = try site.keyway("admin", "token", "create", "root", "--role", "key-admin").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let token = try site.keyway("token", "issue", "--issuer", "i", "--audience", "a", "--secret", "sts").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let server = try RunningServer(site.data, environment: ["KEYWAY_ACCESS_LOG": "json"])
        let keys = "\(server.origin)/keys/aes?kid=\(kid)"
        let key = try curl("\(keys)&token=\(token)")
        #expect(key.status == 200)
        #expect(try curl(keys, "-H", "Authorization: Bearer \(token)").status == 200)
        #expect(try curl("\(keys)&token=\(token)x").status == 401)
        #expect(try curl("\(server.origin)/keys/aes/\(kid)?Token=\(token)").status == 200)
        // The router's, not the fast path's: it has a body.
        #expect(try curl("\(keys)&token=\(token)", "-d", "x=y").status == 200)
        #expect(try curl("\(server.origin)/nowhere?sig=\(token)&ticket=\(token)").status == 404)
        #expect(try curl("\(server.admin)/v1/keys?limit=1", "-H", "Authorization: Bearer \(admin)").status == 200)
        server.stop()
        let text = try String(contentsOf: server.errors, encoding: .utf8)
        let lines = try text.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        #expect(lines.map(\.status) == [200, 200, 401, 200, 200, 404, 200], "\(text)")
        #expect(lines.map(\.listener) == Array(repeating: "origin", count: 6) + ["admin"])
        #expect(lines.map(\.method) == ["GET", "GET", "GET", "GET", "POST", "GET", "GET"])
        #expect(lines.allSatisfy { $0.client == "127.0.0.1" && $0.request.utf8.count == 22 })
        #expect(lines.first?.path == "/keys/aes?kid=\(kid)&token=-" && lines.first?.bytes == 16)
        #expect(lines.last?.path == "/v1/keys?limit=1")
        // A request has one name in both logs.
        let told = try site.keyway("audit", "tail", "-n", "100").text
        for line in lines.prefix(5) { #expect(told.contains(line.request)) }
        let signature = token.split(separator: ".").last.map(String.init) ?? token
        for secret in [token, signature, admin, key.body.map { String(format: "%02x", $0) }.joined()] {
            #expect(!text.contains(secret))
        }
    }

    @Test func withoutTheSettingThereIsNone() throws {
        let data = try DataFolder()
        let server = try RunningServer(data)
        _ = try curl(server.admin + "/healthz")
        server.stop()
        #expect(!(try String(contentsOf: server.errors, encoding: .utf8)).contains("{"))
    }
}
