import Foundation
import Glibc
import TestSupport
import Testing

/// Key bytes do not cross a network in the clear, whatever the client asks.
@Suite(.waiting) struct KeyBytesTests {
    /// An address of this machine that is not a loopback one.
    private static let address: String? = {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let socket = entry.pointee.ifa_addr, socket.pointee.sa_family == sa_family_t(AF_INET) else {
                continue
            }
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard
                getnameinfo(
                    socket, socklen_t(MemoryLayout<sockaddr_in>.size), &name, socklen_t(name.count), nil, 0,
                    NI_NUMERICHOST) == 0
            else { continue }
            let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if !text.hasPrefix("127.") { return text }
        }
        return nil
    }()

    @Test(.enabled(if: address != nil)) func theyStayOnTheMachineWithoutTLS() throws {
        let data = try DataFolder()
        try data.must("key", "create", "--type", "common", "--name", "film")
        let token = try data.must("admin", "token", "create", "root", "--role", "key-admin").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let server = try RunningServer(data, environment: ["KEYWAY_LISTEN_ADMIN": "0.0.0.0:0"])
        defer { server.stop() }
        let port = server.admin.split(separator: ":").last.map(String.init) ?? ""
        let away = "http://\(Self.address ?? ""):\(port)/v1"
        let bearer = ["-H", "Authorization: Bearer \(token)"]
        let json = bearer + ["-H", "Content-Type: application/json"]
        #expect(try curlWith(away + "/keys", bearer).status == 200)
        for (path, body) in [
            ("/keys/film/export", #"{"confirmed":true}"#),
            (
                "/key-imports",
                #"{"keyId":"11111111-2222-4333-8444-00000000000a","type":"common","value":"hex:000102030405060708090a0b0c0d0e0f"}"#
            ),
            ("/key-seeds", #"{"name":"s","type":"common"}"#),
        ] {
            let answer = try curlWith(away + path, json + ["-d", body])
            #expect(answer.status == 403, "\(path)")
            #expect(answer.member("code") as? String == "notPermitted")
        }
        #expect(try curlWith(away + "/secrets/s", json + ["-X", "PUT", "-d", #"{"value":"secret"}"#]).status == 403)
        #expect(
            try curlWith("http://127.0.0.1:\(port)/v1/key-seeds", json + ["-d", #"{"name":"s","type":"common"}"#])
                .status == 200)
        #expect(try data.must("key", "list").text.contains("film"))
        let secrets = try data.must("secret", "list", "--json").json()["secrets"] as? [String]
        #expect(secrets?.contains("s") == false)
    }
}
