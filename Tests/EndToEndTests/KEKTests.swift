import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// The life of key-encryption keys through the command line, with servers running.
@Suite(.serialized, .waiting) struct KEKTests {
    private func keys(_ arguments: String...) throws -> Outcome {
        let script = Programs.repository.appendingPathComponent("Tests/KEK/keys.py").path
        let python = Programs.repository.appendingPathComponent(".tools/venv/bin/python").path
        return try run(python, [script] + arguments)
    }

    /// A folder with a token service, policies and a token for `demo-viewers`.
    private func prepare(_ environment: [String: String] = [:]) throws -> (data: DataFolder, token: String) {
        let data = try DataFolder(environment: environment)
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
        return (data, token.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func makeKey(_ data: DataFolder) throws -> (kid: String, version: Int) {
        let key = try data.must("key", "create", "--type", "envelope", "--auth", "demo-viewers", "--json").json()
        return (key["keyId"] as? String ?? "", key["kekVersion"] as? Int ?? 0)
    }

    private func ask(_ server: RunningServer, _ kid: String, _ token: String) throws -> Answer {
        try curl("\(server.origin)/keys/aes?kid=\(kid)", "-H", "Authorization: Bearer \(token)")
    }

    private func versions(_ data: DataFolder) throws -> [[String: Any]] {
        try data.must("kek", "status", "--json").json()["versions"] as? [[String: Any]] ?? []
    }

    private func hex(_ data: Data) -> String { data.map { String(format: "%02x", $0) }.joined() }

    /// Asks for keys again and again, in a thread of its own, until it is stopped.
    private final class Prober: Sendable {
        private struct State {
            var isStopped = false
            var answers = 0
            var faults: [String] = []
        }
        private let state = Mutex(State())
        private let ended = DispatchSemaphore(value: 0)

        init(_ questions: [(kid: String, key: String)], _ ask: @Sendable @escaping (String) throws -> Answer) {
            Thread.detachNewThread { [self] in
                var number = 0
                while !state.withLock({ $0.isStopped }) {
                    let question = questions[number % questions.count]
                    number += 1
                    let fault: String?
                    do {
                        let answer = try ask(question.kid)
                        let key = answer.body.map { String(format: "%02x", $0) }.joined()
                        fault = answer.status == 200 && key == question.key ? nil : "\(question.kid): \(answer.status)"
                    } catch {
                        fault = "\(error)"
                    }
                    state.withLock { state in
                        state.answers += 1
                        if let fault { state.faults.append(fault) }
                    }
                }
                ended.signal()
            }
        }

        func stop() -> (answers: Int, faults: [String]) {
            state.withLock { $0.isStopped = true }
            ended.wait()
            return state.withLock { ($0.answers, $0.faults) }
        }
    }

    private func fill(_ data: DataFolder, _ count: Int) throws -> [(kid: String, key: String)] {
        try keys("fill", data.folder.path, "\(count)", "demo-viewers").text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return (words[0], words[1])
        }
    }

    /// Starts `kek rotate` and kills it when a part is done.
    private func rotateAndKill(_ data: DataFolder) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
        process.arguments = ["kek", "rotate"]
        process.environment = ProcessInfo.processInfo.environment.merging(data.environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let killed = try keys("kill", data.folder.path, "2", "1000", "\(process.processIdentifier)")
        process.waitUntilExit()
        #expect(killed.status == 0, "\(killed.errors)")
        #expect(process.terminationReason == .uncaughtSignal)
    }

    /// New version, kill -9 in the middle, resume, retire: keys are delivered all along.
    @Test func rotationUnderAServerSurvivesAKill() throws {
        let (data, token) = try prepare()
        // Wrapped by Python, so that the format is what it is said to be.
        let delivered = try fill(data, 40_000)
        let server = try RunningServer(data)
        defer { server.stop() }
        let prober = Prober(delivered) { [self] in try ask(server, $0, token) }

        try rotateAndKill(data)
        var status = try versions(data)
        #expect(status.compactMap { $0["state"] as? String } == ["old", "rotating"])
        let counts = status.compactMap { $0["contentKeys"] as? Int }
        #expect(counts.count == 2 && counts.allSatisfy { $0 > 0 } && counts.reduce(0, +) > 40_000)
        let refused = try data.keyway("kek", "rotate", "--retire")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("\(counts[0]) content keys"))
        #expect(FileManager.default.fileExists(atPath: data.folder.path + "/kek/kek-1.key"))

        let resumed = try data.must("kek", "rotate", "--json").json()
        #expect(resumed["isNew"] as? Bool == false && resumed["version"] as? Int == 2)
        #expect(resumed["remaining"] as? Int == 0)
        status = try versions(data)
        #expect(status.compactMap { $0["state"] as? String } == ["old", "current"])
        #expect(status.first?["contentKeys"] as? Int == 0 && status.first?["secrets"] as? Int == 0)

        // A new key of another process, under the new version, from the server that never stopped.
        let made = try makeKey(data)
        #expect(made.version == 2)
        let answer = try ask(server, made.kid, token)
        #expect(answer.status == 200)
        #expect(try keys("open", data.folder.path, made.kid).text == "2 \(hex(answer.body))\n")
        #expect(try keys("check", data.folder.path).status == 0)

        try data.must("kek", "rotate", "--retire")
        #expect(FileManager.default.fileExists(atPath: data.folder.path + "/kek/retired/kek-1.key"))
        #expect(try versions(data).compactMap { $0["state"] as? String } == ["retired", "current"])
        let probed = prober.stop()
        #expect(probed.faults.isEmpty, "\(probed.faults.prefix(3))")
        #expect(probed.answers > 20)

        let next = try RunningServer(data)
        defer { next.stop() }
        for one in delivered { #expect(hex(try ask(next, one.kid, token).body) == one.key) }
        try data.must("audit", "verify")
        let log = try data.must("audit", "tail", "-n", "100000", "--json").text
        for action in ["kekCreated", "kekRotated", "kekRetired"] { #expect(log.contains(action)) }
    }

    @Test func aServerDoesNotStartWithAMissingOrWrongKEK() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "sts", input: Data("secret".utf8))
        try data.must("kek", "rotate")
        let path = data.folder.path + "/kek/kek-2.key"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        func serve() throws -> Outcome { try data.keyway("serve") }
        try FileManager.default.removeItem(atPath: path)
        var outcome = try serve()
        #expect(outcome.status == 69 && outcome.errors.contains("version 2") && outcome.errors.contains(path))
        for (content, mode, words) in [
            (Data(count: 32), 0o600, "is not the key"), (Data(count: 31), 0o600, "31 bytes"),
            (bytes, 0o604, "chmod 600"),
        ] {
            try content.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            outcome = try serve()
            #expect(outcome.status == 69)
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
    }

    @Test func theEnvironmentHoldsKEKs() throws {
        let one = "base64:\(Data(repeating: 0x11, count: 32).base64EncodedString())"
        let provider = ["KEYWAY_KEK_PROVIDER": "environment"]
        let missing = try DataFolder(environment: provider).keyway("key", "list")
        #expect(missing.status == 69 && missing.errors.contains("KEYWAY_KEK_1"))

        let (data, token) = try prepare(provider.merging(["KEYWAY_KEK_1": one]) { $1 })
        let first = try makeKey(data)
        let refused = try data.keyway("kek", "rotate")
        #expect(refused.status == 69 && refused.errors.contains("KEYWAY_KEK_2"))
        // The next version is given to the server first; it wraps under it when the catalog says so.
        let both = ["KEYWAY_KEK_2": "hex:\(String(repeating: "22", count: 32))"]
        let more = data.environment.merging(both) { $1 }
        let server = try RunningServer(data, environment: both)
        defer { server.stop() }
        let before = try ask(server, first.kid, token)
        let rotated = try run(Programs.own("keyway"), ["kek", "rotate"], environment: more)
        #expect(rotated.status == 0, "\(rotated.errors)")
        let after = try ask(server, first.kid, token)
        #expect(before.status == 200 && after.status == 200 && before.body == after.body)
        // The server's environment shows nothing of it, nor does the data folder.
        // Only root can read it at all, since the process is not dumpable.
        let path = "/proc/\(server.process.processIdentifier)/environ"
        if let environ = try? Data(contentsOf: URL(fileURLWithPath: path)) {
            #expect(environ.range(of: Data(one.dropFirst(7).utf8)) == nil)
            #expect(environ.range(of: Data("2222222222".utf8)) == nil)
        }
        #expect(!FileManager.default.fileExists(atPath: data.folder.path + "/kek"))
        let old = try data.keyway("key", "list")
        #expect(old.status == 69 && old.errors.contains("KEYWAY_KEK_2"))
    }

    /// A server that was not given the current version says so, and neither grants keys under it nor spends uses on them.
    @Test func aServerWithoutTheCurrentVersionSaysSo() throws {
        let one = "hex:\(String(repeating: "11", count: 32))"
        let two = ["KEYWAY_KEK_2": "hex:\(String(repeating: "22", count: 32))"]
        let data = try DataFolder(environment: ["KEYWAY_KEK_PROVIDER": "environment", "KEYWAY_KEK_1": one])
        let policy = """
            kind: AuthorizationPolicy
            name: everybody
            options: [{ name: o, delivery: [aes], restrictions: [open] }]
            """
        try data.must("apply", try data.folder.write("policy.yaml", Data(policy.utf8)))
        let made = try data.must("key", "create", "--type", "envelope", "--auth", "everybody", "--json").json()
        let kid = try #require(made["keyId"] as? String)
        let server = try RunningServer(data)
        defer { server.stop() }
        #expect(try curl(server.admin + "/readyz").status == 200)
        let more = data.environment.merging(two) { $1 }
        let rotated = try run(Programs.own("keyway"), ["kek", "rotate"], environment: more)
        #expect(rotated.status == 0, "\(rotated.errors)")
        let ready = try curl(server.admin + "/readyz")
        let problem = try JSONSerialization.jsonObject(with: ready.body) as? [String: Any]
        #expect(ready.status == 503 && problem?["code"] as? String == "kekMissing")
        #expect((problem?["detail"] as? String)?.contains("version 2") == true)
        #expect(try curl("\(server.origin)/keys/aes?kid=\(kid)").status == 503)
        func metric(_ line: String) throws -> Bool {
            String(decoding: try curl(server.admin + "/metrics").body, as: UTF8.self).contains("\n\(line)\n")
        }
        #expect(try eventually { try metric(#"keyway_kek_versions{state="missing"} 1"#) })
        #expect(try metric("keyway_key_requests_unavailable_total 1"))
        let tail = try run(Programs.own("keyway"), ["audit", "tail", "-n", "100"], environment: more)
        #expect(tail.status == 0 && !tail.text.contains("keyGranted"))
    }

    /// A server goes on with the KEK that it holds when its transit engine is away, and takes a new version up.
    @Test func theTransitEngineMayBeAwayWhileServing() throws {
        let transit = try TransitServer()
        let (data, token) = try prepare([
            "KEYWAY_KEK_PROVIDER": "transit", "KEYWAY_KEK_TRANSIT_ADDRESS": transit.address,
            "KEYWAY_KEK_TRANSIT_KEY": "keyway", "KEYWAY_KEK_TRANSIT_TOKEN_FILE": transit.tokenFile,
        ])
        let first = try makeKey(data)
        let server = try RunningServer(data)
        defer { server.stop() }
        let key = try ask(server, first.kid, token)
        #expect(key.status == 200)
        try data.must("kek", "rotate")
        #expect(try ask(server, first.kid, token).body == key.body)
        try data.must("kek", "rotate", "--retire")
        try transit.set("mode", "sealed")
        #expect(try ask(server, first.kid, token).body == key.body)
        let refused = try data.keyway("key", "list")
        #expect(refused.status == 69 && refused.errors.contains("sealed"))
        try transit.set("mode", "")
        #expect(try makeKey(data).version == 2)
        #expect(transit.log().contains { $0.hasPrefix("/v1/auth/token/renew-self") && $0.hasSuffix("200") })
        #expect(!transit.log().joined().contains("plaintext"))
    }

    @Test func coreDumpsAreOff() throws {
        let data = try DataFolder()
        let server = try RunningServer(data)
        defer { server.stop() }
        let process = server.process.processIdentifier
        let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
        let lines = limits.split(separator: "\n")
        let core = lines.first { $0.hasPrefix("Max core file size") } ?? ""
        #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
        let locked = lines.first { $0.hasPrefix("Max locked memory") }?.split(separator: " ").dropFirst(3).prefix(2)
        #expect(locked?.first == locked?.last)
    }
}
