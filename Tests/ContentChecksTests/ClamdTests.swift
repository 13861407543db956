import AssetFiles
import Catalog
import Foundation
import MediaStorage
import TestSupport
import Testing

@testable import ContentChecks

/// Bytes as content of a check.
struct BytesContent: MediaReader {
    var bytes: Data
    var size: UInt64 { UInt64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        let start = bytes.startIndex + Int(offset)
        bytes[start..<start + buffer.count].withUnsafeBytes { buffer.copyMemory(from: $0) }
    }
}

@Suite(.waiting) struct ClamdAnswerTests {
    private func verdict(_ answer: String, onFound: CheckFinding.Outcome = .rejected) throws -> IngestVerdict {
        try ClamdCheck.verdict(answer: answer, size: 6 << 20, onFound: onFound)
    }

    @Test func saysWhatAnswersMean() throws {
        #expect(try verdict("stream: OK") == IngestVerdict(.passed))
        #expect(try verdict("stream: Win.Test FOUND") == IngestVerdict(.rejected, ["found Win.Test"]))
        #expect(try verdict("stream: Win.Test FOUND", onFound: .flagged).outcome == .flagged)
        // Control characters of a name stay out of logs.
        #expect(try verdict("stream: a\u{1B}[31m FOUND").reasons == ["found a?[31m"])
        let large = try verdict("INSTREAM size limit exceeded. ERROR")
        #expect(large.outcome == .flagged)
        #expect(
            large.reasons.first?.contains("StreamMaxLength, MaxFileSize and MaxScanSize in clamd.conf to 7M") == true)
        #expect(try verdict("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND").outcome == .flagged)
    }

    /// Nothing that is no clear yes lets anything out.
    @Test(arguments: ["", "OK ", "stream: ok", "stream: OKAY", "stream: x ERROR", "UNKNOWN COMMAND", "stream: "])
    func everythingElseIsNoAnswer(_ answer: String) {
        #expect(throws: CheckObstacle.self) { try verdict(answer) }
    }

    @Test func addressesAreOfThisMachine() {
        #expect(ClamdAddress("unix:/run/clamav/clamd.ctl") == .local("/run/clamav/clamd.ctl"))
        #expect(ClamdAddress("tcp:127.0.0.1:3310")?.description == "tcp:127.0.0.1:3310")
        #expect(ClamdAddress("tcp:[::1]:3310")?.description == "tcp:[::1]:3310")
        for text in [
            "", "unix:", "unix:clamd", "/run/clamd", "tcp:10.0.0.1:3310", "tcp:example.com:3310", "tcp:127.0.0.1:",
            "tcp:127.0.0.1:0", "tcp:127.0.0.1:65536", "unix:/" + String(repeating: "x", count: 200),
        ] { #expect(ClamdAddress(text) == nil, "\(text)") }
    }
}

/// Against the real one.
@Suite(.serialized, .waiting) struct ClamdTests {
    private func check(_ address: String, timeout: TimeInterval = 60) throws -> ClamdCheck {
        ClamdCheck(try #require(ClamdAddress(address)), timeout: timeout, onFound: .rejected)
    }

    private func content(_ bytes: Data) -> CheckedContent {
        CheckedContent(name: "film.mov", content: BytesContent(bytes: bytes))
    }

    @Test func findsWhatIsInItsDatabase() async throws {
        let clamd = try Clamd()
        let check = try check(clamd.address)
        let own =
            Data(repeating: 0x78, count: 700_001) + Data(Clamd.ownSignature.utf8) + Data(repeating: 0x79, count: 9)
        #expect(try await check.verdict(on: content(Data("clean".utf8))) == IngestVerdict(.passed))
        #expect(try await check.verdict(on: content(Data())) == IngestVerdict(.passed))
        #expect(
            try await check.verdict(on: content(Clamd.eicar))
                == IngestVerdict(.rejected, ["found Eicar-Test-File.UNOFFICIAL"]))
        #expect(
            try await check.verdict(on: content(own)) == IngestVerdict(.rejected, ["found Keyway.Own.UNOFFICIAL"]))
        let large = try #require(try await check.verdict(on: content(Data(count: 6 << 20))))
        #expect(large.outcome == .flagged)
        #expect(large.reasons.first?.contains("StreamMaxLength") == true)
        // Somebody else's error is no answer; and it is back as soon as it is back.
        clamd.stop()
        await #expect(throws: CheckObstacle.self) { try await check.verdict(on: content(Data("clean".utf8))) }
        try clamd.start()
        #expect(try await check.verdict(on: content(Data("clean".utf8))) == IngestVerdict(.passed))
        // One that hangs is given up, and one that is waited for can be given up.
        clamd.signal(SIGSTOP)
        let impatient = try self.check(clamd.address, timeout: 0.3)
        await #expect(throws: CheckObstacle.self) { try await impatient.verdict(on: content(Data("clean".utf8))) }
        let waiting = Task { try await check.verdict(on: content(Data("clean".utf8))) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        clamd.signal(SIGCONT)
    }
}
