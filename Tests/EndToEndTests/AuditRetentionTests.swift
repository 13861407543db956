import Foundation
import TestSupport
import Testing

/// A server signs its log when it stops, and lets old records go when it is told to.
@Suite(.waiting) struct AuditRetentionTests {
    @Test func oldRecordsGoAndTheRestVerifies() throws {
        let site = AuditSite(data: try DataFolder())
        _ = try site.prepare()
        try RunningServer(site.data).stop()
        let folder = try Folder()
        let kept = try folder.write("checkpoint.json", site.keyway("audit", "checkpoint").output)
        let key = try folder.write("key.pem", site.keyway("audit", "public-key").output)
        let before = try site.keyway("audit", "verify", "--json").json()
        #expect(before["signed"] as? Int == before["last"] as? Int)
        sleep(2)
        let server = try RunningServer(site.data, environment: ["KEYWAY_AUDIT_RETENTION": "1s"])
        var after: [String: Any] = [:]
        for _ in 0..<600 where after["pruned"] as? Int ?? 0 == 0 {
            usleep(100_000)
            after = try site.keyway("audit", "verify", "--json").json()
        }
        server.stop()
        #expect(after["pruned"] as? Int == before["last"] as? Int)
        let verified = try site.keyway("audit", "verify", "--public-key", key, "--checkpoint", kept)
        #expect(verified.text.contains("pruned: records 1 to"))
        #expect(try site.keyway("audit", "tail").text.contains("auditPruned"))
    }
}
