import Foundation
import Policies
import Synchronization
import Testing

@testable import HTTPSurface

@Suite struct AccessLogTests {
    private func record(_ target: String, _ number: Int = 0) -> AccessRecord {
        AccessRecord(
            time: Date(timeIntervalSince1970: 1_800_000_000.25), listener: "keys", requestID: "r\(number)",
            method: "GET", target: target, status: 200, bytes: 16, duration: .microseconds(1234),
            client: IPAddress("192.0.2.1"))
    }

    @Test func aLineIsJSON() throws {
        let line = record("/keys/aes?kid=abc&token=secret").line
        #expect(
            line == #"{"bytes":16,"client":"192.0.2.1","listener":"keys","method":"GET","microseconds":1234,"#
                + #""path":"/keys/aes?kid=abc&token=-","request":"r0","status":200,"time":"2027-01-15T08:00:00.250Z"}"#)
    }

    @Test(arguments: [
        ("/a", "/a"), ("/a?", "/a?-"), ("/a?kid=1&token=secret", "/a?kid=1&token=-"), ("/a?Token=secret", "/a?Token=-"),
        ("/a?%74oken=secret", "/a?token=-"), ("/a?ticket=secret&sig=secret", "/a?ticket=-&sig=-"),
        ("/a?access_token=secret", "/a?access_token=-"), ("/a?token=secret?x=secret", "/a?token=-"),
        ("/a?eyJhbGciOiJIUzI1NiJ9.secret", "/a?-"), ("/a?kid=1=secret", "/a?kid=1=secret"),
        ("/a?token", "/a?token"), ("/a?&&x=secret", "/a?-&-&x=-"), ("/a?kid", "/a?kid"),
    ])
    func targetsHoldNoSecrets(target: String, shown: String) {
        #expect(AccessTarget.shown(target) == shown)
    }

    @Test func manyPairsDoNotUncoverTheLast() {
        let many = "/a?" + String(repeating: "kid=1&", count: 100) + "token=hidden-secret"
        #expect(!AccessTarget.shown(many).contains("hidden"))
        #expect(AccessTarget.shown("/" + String(repeating: "x", count: 9000)).utf8.count < 1100)
        #expect(AccessTarget.shown("/a?kid=" + String(repeating: "x", count: 9000)).utf8.count < 200)
    }

    @Test func pathsCannotBreakTheLine() {
        #expect(!record("/a\nb\"c\u{2028}").line.contains("\n"))
    }

    /// A writer that is stuck costs lines, never a request.
    @Test func aSlowWriterIsNotWaitedFor() {
        let written = Mutex<[String]>([])
        let gate = DispatchSemaphore(value: 0)
        let log = AccessLog(capacity: 10) { text in
            gate.wait()
            written.withLock { $0 += text.split(separator: "\n").map(String.init) }
        }
        // The writer stands still until all of them were taken: waiting for it would never end.
        for number in 0..<1000 { log.append(record("/a", number)) }
        for _ in 0..<1000 { gate.signal() }
        log.flush()
        let count = written.withLock { $0.count }
        #expect((10...30).contains(count), "\(count)")
        // It goes on.
        log.append(record("/b", 5000))
        log.flush()
        #expect(written.withLock { $0.last?.contains("\"r5000\"") } == true)
    }
}
