import Foundation
import TestSupport
import Testing

/// A server that is killed under load at any moment has told nobody a key that its audit log does not have.
@Suite(.serialized, .waiting) struct AuditCrashTests {
    @Test(.timeLimit(.minutes(15))) func aKilledServerHasARecordOfEveryKey() throws {
        let site = AuditSite(data: try DataFolder())
        let kid = try site.prepare()
        var generator = FixedGenerator(seed: 20_261_121)
        var granted: Set<String> = []
        for round in 0..<8 {
            let server = try RunningServer(site.data)
            let wait = UInt32.random(in: 50_000...700_000, using: &generator)
            let killer = Thread {
                usleep(250_000 + wait)
                kill(server.process.processIdentifier, SIGKILL)
            }
            killer.start()
            let load = try AuditSite.load(server.origin, kid, seconds: 10, name: "r\(round)")
            server.process.waitUntilExit()
            #expect(Set(load.statuses.keys).isSubset(of: ["200"]), "\(load.statuses)")
            granted.formUnion(load.granted)
        }
        #expect(granted.count > 20)
        #expect(try site.keyway("audit", "verify").text.hasPrefix("intact"))
        let told = try site.events().filter { $0.action == "keyGranted" }.compactMap(\.tokenID)
        #expect(Set(told).count == told.count)
        #expect(granted.isSubset(of: Set(told)))
        // At most what was under way when the server was killed was written and not heard of.
        #expect(told.count - granted.count <= 8 * 8)
        // The next server goes on.
        let server = try RunningServer(site.data)
        defer { server.stop() }
        #expect(try AuditSite.load(server.origin, kid, seconds: 0.3, name: "after").statuses.keys.contains("200"))
    }
}

/// The same numbers each time (Steele, Lea, Flood: SplitMix64).
struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
