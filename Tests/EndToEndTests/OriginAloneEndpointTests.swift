import Foundation
import TestSupport
import Testing

/// Streaming endpoints at an origin that runs alone: it reads the secrets that sign URLs from a folder.
@Suite(.waiting) struct OriginAloneEndpointTests {
    private static let secret = String(repeating: "c3", count: 32)

    private func status(_ url: String, _ host: String) throws -> (Int, String?) {
        let answer = try curl(url, "-H", "Host: \(host)")
        return (
            answer.status, (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["code"] as? String
        )
    }

    private func sign(_ site: OriginAloneSite, _ path: String, _ options: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["endpoint", "sign", path, "--endpoint", "signed", "--json"] + options,
            environment: site.data.environment)
        return try #require(try outcome.json()["query"] as? String, "\(outcome.errors)")
    }

    @Test func signedURLsAreCheckedWithSecretsOfAFolder() throws {
        let site = try OriginAloneSite()
        let secrets = try Folder()
        func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
            let path = try secrets.write(name, Data(text.utf8))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        for (name, text) in [("url-key", "hex:\(Self.secret)"), ("url-key-2", "base64:1NTU1NTU1NTU1NTU1NTU1A==")] {
            try site.data.must("secret", "set", name, input: Data(text.utf8))
        }
        try write("url-key", "hex:\(Self.secret)\n")
        let endpoint = """
            kind: StreamingEndpoint
            name: signed
            hosts: [signed.example]
            signedURLs: { secret: url-key, alternate: url-key-2 }
            """
        try site.data.must("apply", try site.data.folder.write("endpoint.yaml", Data(endpoint.utf8)))
        let port = try OriginAloneSite.freePort()
        let keys = try site.keyService(port: port)
        let alone = try site.origin(port: port, ["KEYWAY_URL_SECRETS": secrets.path])
        let without = try site.origin(port: port)
        defer { for server in [keys, alone, without] { server.stop() } }
        let url = "\(site.clear)/manifest(format=m3u8-cmaf)"
        let good = try sign(site, site.clear + "/")
        let second = try sign(site, site.clear + "/", "--alternate")
        func ask(_ query: String) throws -> String {
            let (status, code) = try status(alone.origin + url + query, "signed.example")
            return "\(status) \(code ?? "")"
        }
        #expect(try status(alone.origin + url, "other.example").0 == 421)
        #expect(try ask("") == "403 signatureMissing")
        #expect(try ask("?" + good) == "200 ")
        #expect(try ask("?" + good.dropLast() + "z") == "403 signatureMalformed")
        // Not there yet; open to everybody; as it is to be.
        for _ in 0..<3 { #expect(try ask("?" + second) == "403 signatureRejected") }
        try write("url-key-2", "base64:1NTU1NTU1NTU1NTU1NTU1A==", mode: 0o644)
        settle()
        #expect(try ask("?" + second) == "403 signatureRejected")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: secrets.path + "/url-key-2")
        #expect(try eventually { try ask("?" + second) == "200 " })
        // Another secret of the name, and none, end what was good and is remembered.
        try write("url-key", "hex:\(String(repeating: "e5", count: 32))")
        #expect(try eventually { try ask("?" + good) == "403 signatureRejected" })
        #expect(try ask("?" + second) == "200 ")
        try FileManager.default.removeItem(atPath: secrets.path + "/url-key-2")
        #expect(try eventually { try ask("?" + second) == "403 signatureRejected" })
        #expect(try status(without.origin + url + "?" + good, "signed.example").1 == "signatureRejected")
        let log = try String(contentsOf: alone.errors, encoding: .utf8)
        #expect(log.components(separatedBy: "has no usable secret 'url-key-2'").count - 1 <= 4, "\(log)")
        #expect(log.contains("chmod o= '\(secrets.path)/url-key-2'"), "\(log)")
        #expect(!log.contains(Self.secret) && !log.contains("1NTU1"))
        let words = try String(contentsOf: without.errors, encoding: .utf8)
        #expect(words.components(separatedBy: "urlSecrets is not set").count == 2, "\(words)")
    }
}
