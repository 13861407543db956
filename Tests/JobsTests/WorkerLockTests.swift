import Foundation
import Testing

@testable import Jobs

@Suite struct WorkerLockTests {
    private func path() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("keyway-lock-\(UUID().uuidString)").path
    }

    @Test func oneHolderAtATime() throws {
        let path = path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var first = try WorkerLock.take(path: path)
        #expect(first != nil)
        #expect(try WorkerLock.take(path: path) == nil)
        withExtendedLifetime(first) {}
        first = nil
        #expect(try WorkerLock.take(path: path) != nil)
    }

    /// Polling for a lock that another has must not close what other threads open meanwhile.
    @Test func askingInVainClosesNothingOfOthers() async throws {
        let path = path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let held = try #require(try WorkerLock.take(path: path))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<5000 {
                        let second = try WorkerLock.take(path: path)
                        #expect(second == nil)
                    }
                }
                group.addTask {
                    for _ in 0..<5000 {
                        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
                        #expect(fcntl(file, F_GETFD) >= 0)
                        #expect(close(file) == 0, "someone else closed it")
                    }
                }
            }
            try await group.waitForAll()
        }
        withExtendedLifetime(held) {}
    }

    @Test func aPathThatCannotBeIsSaid() {
        #expect(throws: JobFailure.self) { try WorkerLock.take(path: "/nowhere/at/all/worker.lock") }
    }
}
