import Foundation
import Glibc
import TestSupport
import Testing

/// No secret in any output: through every verb, refusals, errors and a crash.
@Suite(.waiting) struct SecrecyTests {
    private func openssl(_ arguments: String...) throws {
        let outcome = try run(Programs.outside("openssl"), arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func nothingShowsAKey() async throws {
        let data = try DataFolder()
        let folder = try Folder()
        try data.must("secret", "set", "sts", input: Data("hex:\(String(repeating: "c3", count: 32))".utf8))
        let policy = """
            kind: AuthorizationPolicy
            name: open
            options: [{ name: o, delivery: [aes, clearkey], restrictions: [open] }]
            ---
            kind: AuthorizationPolicy
            name: nobody
            options: [{ name: o, delivery: [aes], restrictions: [ip: { allow: [192.0.2.1] }] }]

            """
        try data.must("apply", try folder.write("policies.yaml", Data(policy.utf8)))
        let value = "0badc0de0badc0de0badc0de0badc0de"
        let kid = "00112233-4455-6677-8899-aabbccddeeff"
        let file = try folder.write("key", Data("hex:\(value)".utf8))
        try data.must("key", "import", "--kid", kid, "--type", "envelope", "--policy", "open", "--from-file", file)
        try data.must(
            "key", "seed", "create", "studio", "--type", "envelope", "--policy", "open",
            input: Data("base64:\(Data(0..<30).base64EncodedString())".utf8))
        let made = try data.must("key", "create", "--seed", "studio", "--json").json()
        let derived = try #require(made["keyId"] as? String)
        try data.must("key", "create", "--type", "common", "--name", "film", "--policy", "nobody")
        try openssl("genrsa", "-out", folder.path + "/private.pem", "2048")
        try openssl("rsa", "-in", folder.path + "/private.pem", "-pubout", "-out", folder.path + "/public.pem")
        let wrapped = try data.must("key", "export", "film", "--recipient", folder.path + "/public.pem")
        #expect(try wrapped.json()["ciphertext"] != nil)
        for arguments in [["list"], ["show", kid], ["disable", "film"], ["enable", "film"], ["rotate", "film"]] {
            for json in [[], ["--json"]] {
                _ = try run(
                    Programs.own("keyway"), ["key"] + arguments + json, environment: ["KEYWAY_DATA": data.folder.path])
            }
        }
        // Mistakes with a key in hand.
        for input in ["hex:\(value)00", "hex:\(value)0", "base64:====", value, "hex:\(value)\nhex:\(value)"] {
            let outcome = try data.keyway(
                "key", "import", "--kid", "11112233-4455-6677-8899-aabbccddeeff", "--type", "common",
                input: Data(input.utf8))
            #expect(outcome.status == 65)
            #expect(!outcome.errors.contains(value))
        }
        #expect(
            try data.keyway(
                "key", "import", "--kid", kid, "--type", "common", "--checksum", "AAAAAAAAAAA=", "--from-file", file
            ).status == 65)
        #expect(try data.keyway("key", "export", "film", "--clear").status == 77)
        #expect(try data.keyway("key", "export", "film", "--recipient", folder.path + "/private.pem").status == 65)

        let server = try RunningServer(data)
        let keys = "\(server.origin)/keys/aes"
        #expect(try curl("\(keys)?kid=\(kid)").body.map { String(format: "%02x", $0) }.joined() == value)
        #expect(try curl("\(keys)?kid=\(derived)").body.count == 16)
        let film = try data.must("key", "show", "film", "--json").json()["keyId"] as? String ?? ""
        for (query, status) in [("kid=\(film)", 403), ("kid=x", 400), ("kid=\(UUID().uuidString)", 404), ("", 400)] {
            #expect(try curl("\(keys)?\(query)").status == status)
        }
        #expect(try curl("\(keys)?kid=\(kid)", "-H", "Authorization: Bearer \(value)").status < 500)
        // The server dies as if of a bad pointer, with keys in its memory.
        server.stop(SIGSEGV)
        #expect(server.process.terminationReason == .uncaughtSignal)

        SecretWatch.noteServers(data.folder.path)
        let found = try await SecretWatch.leaks(of: data.folder.path)
        #expect(found.secrets >= 5)
        #expect(found.leaks == [])
    }

    /// The watch itself sees what it shall see.
    @Test func theWatchSeesALeak() {
        let secret = Data((0..<16).map { UInt8($0 * 13 + 50) })
        let hex = secret.map { String(format: "%02x", $0) }.joined()
        let base64 = secret.base64EncodedString()
        let url = base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        for text in [hex, hex.uppercased(), base64, url] {
            let output = Data("key=\(text)&x".utf8)
            #expect(SecretWatch.forms(of: Array(secret)).contains { SecretWatch.contains(output, $0) })
            #expect(!SecretWatch.forms(of: Array(secret.reversed())).contains { SecretWatch.contains(output, $0) })
        }
        #expect(SecretWatch.forms(of: Array(secret)).contains { SecretWatch.contains(Data([1]) + secret, $0) })
    }
}
