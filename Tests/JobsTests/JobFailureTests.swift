import Catalog
import CatalogSQLite
import ContentKeys
import EncoderProtocol
import Foundation
import MediaStorage
import Policies
import Testing

@testable import Jobs

@Suite struct JobFailureTests {
    private struct Strange: Error {}

    @Test func whatHoldsTheKeysIsWaitedForLong() {
        for error in [KeyUnwrapError.serviceAway(retryAfter: 5), .kekUnavailable(KEKVersion(rawValue: 2))] {
            let failure = JobFailure(meaning: error)
            #expect(failure.code == "keysAway" && failure.errorClass == .keys)
        }
        let rule = RetryRule()
        #expect(rule.wait(after: 1, .keys) == 10)
        let whole = (1..<rule.keys).compactMap { rule.wait(after: $0, .keys) }.reduce(0, +)
        #expect(whole > 20 * 3600 && whole < 30 * 3600)
        #expect(rule.wait(after: rule.keys, .keys) == nil)
    }

    @Test func anAccountThatIsAwayIsWaitedForAsLong() {
        let away = JobFailure(meaning: MediaStorageError(.unavailable, "not mounted"))
        #expect(away.code == "storageAway" && away.errorClass == .away)
        #expect(JobFailure(meaning: MediaStorageError(.inputOutput, "broken")).errorClass == .storage)
        let full = JobFailure(meaning: MediaStorageError(.full, "No space left on device"))
        #expect(full.code == "storageFull" && full.errorClass == .storage)
        // So is a check that cannot be made.
        #expect(JobFailure(.checkUnavailable, "clamd is not there").errorClass == .away)
        let rule = RetryRule()
        #expect((1...rule.keys).allSatisfy { rule.wait(after: $0, .away) == rule.wait(after: $0, .keys) })
    }

    @Test func whatIsNotKnownIsCalledSo() {
        #expect(JobFailure(meaning: Strange()).code == "unexpected")
        #expect(JobFailure(meaning: KeyUnwrapError.authenticationFailed).code == "keyRefused")
        #expect(JobFailure(meaning: KeyUnwrapError.authenticationFailed).errorClass == .configuration)
    }

    /// The child ends itself when a decoder hangs: the file is to blame, and no other attempt is made.
    @Test func aStandstillIsTheInputsFault() async throws {
        let workshop = try Workshop()
        let job = try await workshop.submit()
        let encoder = try workshop.encoder("exit 75")
        let ended = try await workshop.queue(workshop.worker(encoder)).waitForEnd(of: job.id) { _ in }
        #expect(ended.state == .error && ended.errorCode == "limitExceeded")
        #expect(ended.errorMessage?.contains("stood still") == true)
        #expect(try await workshop.catalog.tasks(of: job.id)[0].attempt == 1)
        #expect(workshop.mediaFiles().isEmpty)
    }

    /// A child that is killed while it is given a segment is tried again, and what it said of the segment is not lost.
    @Test func aChildThatTakesNoInput() async throws {
        let workshop = try Workshop()
        // Longer than what a pipe holds.
        let segment = SegmentToVerify(
            protection: .none, initialization: [], media: Array(repeating: 0, count: 4 << 20), key: nil, vector: [])
        let killed = SegmentVerifier(encoder: try workshop.encoder("kill -9 $$"))
        let lost = await #expect(throws: JobFailure.self) { _ = try await killed.frames(of: segment) }
        #expect(lost?.code == "encoderCrashed" && lost?.errorClass == .lost)
        let telling = SegmentVerifier(
            encoder: try workshop.encoder(
                "cat \"$STREAM\"; exit 1",
                stream: try Wire.event(.failed(code: .truncated, message: "no segment"))))
        let told = await #expect(throws: JobFailure.self) { _ = try await telling.frames(of: segment) }
        #expect(told?.code == "verifyFailed" && told?.message == "no segment")
    }

    /// Only folders of sockets that nobody waits at any more.
    @Test func foldersOfKilledProcessesAreRemoved() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/keyway-sockets-\(UUID().uuidString)"
        let files = FileManager.default
        defer { try? files.removeItem(atPath: folder) }
        for name in ["keyway-abc123", "keyway-filled", "keyway-longer1", "another"] {
            try files.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        try Data([1]).write(to: URL(filePath: folder + "/keyway-filled/film.mp4"))
        OriginalServer.removeLeftovers(in: folder)
        #expect(try files.contentsOfDirectory(atPath: folder).count == 4)
        OriginalServer.removeLeftovers(in: folder, at: Date().addingTimeInterval(7200))
        #expect(
            try files.contentsOfDirectory(atPath: folder).sorted() == ["another", "keyway-filled", "keyway-longer1"])
    }
}
