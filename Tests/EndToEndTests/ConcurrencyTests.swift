import Foundation
import Synchronization
import TestSupport
import Testing

/// Many clients at once, through both ways that a decision takes: from memory and from the catalog.
@Suite(.waiting) struct ConcurrencyTests {
    private static let policy = """
        kind: AuthorizationPolicy
        name: few
        options:
          - name: o
            delivery: [aes]
            restrictions:
              - token:
                  type: jwt
                  issuer: https://sts.example.com
                  audience: urn:example:films
                  verificationKeys: [{ secret: sts, algorithms: [HS256] }]
                  maxUses: 5
        """

    /// The statuses of so many requests, 64 at a time.
    private func ask(_ server: RunningServer, _ kid: String, _ token: String, count: Int) throws -> [String: Int] {
        let outcome = try run(
            Programs.outside("curl"),
            [
                "-sZ", "--parallel-max", "64", "--parallel-immediate", "--max-time", "300", "-H",
                "Authorization: Bearer \(token)", "-o", "/dev/null", "-w", "%{http_code}\n",
                "\(server.origin)/keys/aes?kid=\(kid)&n=[1-\(count)]",
            ])
        let statuses = outcome.text.split(whereSeparator: \.isNewline).map(String.init)
        return Dictionary(statuses.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// What came of requests that another thread made.
    private final class Asked: Sendable {
        let statuses = Mutex<[String: Int]>([:])
    }

    /// A kill in the middle of the use that is counted: what was released was counted, and what was counted is not released
    /// again.
    @Test func aReplayLimitHoldsOverAKill() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "sts", input: Data("a secret of more than thirty-two bytes".utf8))
        let policy = Self.policy.replacingOccurrences(of: "maxUses: 5", with: "maxUses: 400")
        try data.must("apply", try data.folder.write("policy.yaml", Data(policy.utf8)))
        let key = try data.must("key", "create", "--type", "envelope", "--auth", "few", "--json").json()
        let kid = try #require(key["keyId"] as? String)
        let token = try data.must("token", "issue", "--policy", "few", "--lifetime", "10m").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        var released = 0
        for round in 0..<4 {
            let server = try RunningServer(data)
            let (isAsked, asked) = (DispatchSemaphore(value: 0), Asked())
            Thread.detachNewThread {
                let statuses = (try? self.ask(server, kid, token, count: 2000)) ?? [:]
                asked.statuses.withLock { $0 = statuses }
                isAsked.signal()
            }
            // Ever later in the run; the last one to its end.
            if round < 3 {
                let before = try data.must("audit", "tail", "-n", "1").text
                _ = try eventually { try data.must("audit", "tail", "-n", "1").text != before }
                usleep(UInt32(round) * 20_000)
                server.stop(SIGKILL)
            }
            isAsked.wait()
            let statuses = asked.statuses.withLock(\.self)
            released += statuses["200"] ?? 0
            if round == 3 {
                #expect(statuses["403"] ?? 0 > 0)
                server.stop()
            }
        }
        let granted = try data.must("audit", "tail", "-n", "20000").text.split(separator: "\n")
            .count { $0.contains("keyGranted") }
        #expect(granted == 400 && released <= 400 && released > 0)
        #expect(try data.must("audit", "verify").text.hasPrefix("intact"))
    }

    /// A replay limit of five releases exactly five keys, over any number of clients, and none more after a kill.
    @Test func aReplayLimitHolds() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "sts", input: Data("a secret of more than thirty-two bytes".utf8))
        try data.must("apply", try data.folder.write("policy.yaml", Data(Self.policy.utf8)))
        let key = try data.must("key", "create", "--type", "envelope", "--auth", "few", "--json").json()
        let kid = try #require(key["keyId"] as? String)
        let token = try data.must("token", "issue", "--policy", "few", "--lifetime", "10m").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let server = try RunningServer(data)
        #expect(try ask(server, kid, token, count: 300) == ["200": 5, "403": 295])
        server.stop(SIGKILL)
        let again = try RunningServer(data)
        #expect(try ask(again, kid, token, count: 100) == ["403": 100])
        // Each decision has its record, and the chain holds.
        #expect(try data.must("audit", "verify").text.hasPrefix("intact"))
        let granted = try data.must("audit", "tail", "-n", "1000").text.split(separator: "\n")
            .count { $0.contains("keyGranted") }
        #expect(granted == 5)
        // What a request would be told, without one.
        let tested = try data.keyway("policy", "test", "--kid", kid, "--token-file", "-", input: Data(token.utf8))
        #expect(tested.status == 77 && tested.text.contains("the token was used as often as it may be"))
        // Another token has uses of its own; a server under load still answers and still stops.
        let other = try data.must("token", "issue", "--policy", "few", "--lifetime", "11m").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try ask(again, kid, other, count: 300) == ["200": 5, "403": 295])
        again.stop()
        #expect(again.process.terminationStatus == 0)
    }
}
