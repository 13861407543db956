import Foundation
import Glibc
import TestSupport
import Testing

/// A pipeline whose server and whose children are killed at any moment, again and again, ends as though nothing had happened.
@Suite(.serialized, .waiting) struct PipelineCrashTests {
    /// As many as `KEYWAY_CRASHES` says.
    private static let crashes = ProcessInfo.processInfo.environment["KEYWAY_CRASHES"].flatMap { Int($0) } ?? 3
    private static let assets =
        ["one", "two", "three"]
        + (crashes < 50 ? [] : ["four", "five", "six", "seven", "eight", "nine", "ten"])

    /// SplitMix64: the same moments in every run, as far as the machine lets them be.
    private struct Moments {
        var state: UInt64 = 20_261_121

        mutating func next(below bound: UInt32) -> UInt32 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return UInt32(truncatingIfNeeded: value ^ (value >> 31)) % bound
        }
    }

    private func children(of parent: pid_t) -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
            guard let process = pid_t(name),
                let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                stat.components(separatedBy: ") ").last?.split(separator: " ").dropFirst().first == "\(parent)"
            else { return nil }
            return process
        }
    }

    @Test(.timeLimit(.minutes(60))) func nothingIsLostAndNothingDoneTwice() throws {
        let site = try PipelineSite(environment: ["KEYWAY_WORKER_ATTEMPTS": "1000", "KEYWAY_WORKER_ENCODERS": "2"])
        let ids = try Self.assets.map { try site.submit($0, Programs.clip("exo_sample.mp4")) }
        func isOver() throws -> Bool { try ids.allSatisfy { try site.state($0) == "finished" } }
        var moments = Moments()
        for _ in 0..<Self.crashes {
            let server = try RunningServer(site.data)
            usleep(100_000 + moments.next(below: 2_500_000))
            if moments.next(below: 4) == 0 {
                for child in children(of: server.process.processIdentifier) { kill(child, SIGKILL) }
                usleep(moments.next(below: 500_000))
            }
            server.stop(SIGKILL)
        }
        let last = try RunningServer(site.data)
        defer { last.stop() }
        #expect(try eventually(within: 600) { try isOver() })
        try check(site, ids)
    }

    private func check(_ site: PipelineSite, _ ids: [String]) throws {
        let data = site.data
        #expect(try data.assets() == Self.assets.sorted())
        let locators = try data.must("locator", "list", "--json").json()["locators"] as? [[String: Any]] ?? []
        #expect(Set(locators.compactMap { $0["asset"] as? String }) == Set(Self.assets))
        #expect(locators.count == Self.assets.count, "published twice: \(locators)")
        for asset in Self.assets {
            let versions = try data.must("asset", "versions", asset, "--json").json()["versions"] as? [Any] ?? []
            #expect(versions.count == 1)
        }
        // Two messages a job: its task's, and that of its end; each came to the receiver once, or with its id again.
        #expect(
            try eventually {
                let log = try data.must("notification", "log", "--limit", "1000", "--json").json()
                let deliveries = log["deliveries"] as? [[String: Any]] ?? []
                return deliveries.count == 2 * ids.count
                    && deliveries.allSatisfy { $0["state"] as? String == "delivered" }
            })
        let messages = try site.receiver.messages()
        #expect(messages.count == 2 * ids.count && Set(messages.map(\.id)).count == messages.count)
        // No file that nobody knows, once a worker has looked.
        let known = try Self.assets.map { asset in
            "assets/\(asset)/v\(try data.must("asset", "show", asset, "--json").json()["version"] as? Int ?? 0)"
        }
        let files = data.mediaFiles().filter { $0.hasSuffix(".cmaf") || $0.hasSuffix(".index") }
        #expect(files.allSatisfy { file in known.contains { file.hasPrefix($0 + "/") } }, "\(files)")
        #expect(!data.mediaFiles().contains { $0.hasPrefix("staging/") })
        #expect(try data.must("audit", "verify").text.hasPrefix("intact"))
    }
}
