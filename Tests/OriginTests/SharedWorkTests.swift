import Synchronization
import Testing

@testable import Origin

@Suite struct SharedWorkTests {
    private struct Failed: Error {}

    /// Work that is begun and waits until it is let go on.
    private final class Bench: Sendable {
        let begun = Mutex(0)
        private let gate = AsyncStream<Void>.makeStream()

        func work(_ value: Int) async throws -> Int {
            begun.withLock { $0 += 1 }
            for await _ in gate.stream { break }
            guard value > 0 else { throw Failed() }
            return value
        }

        func open() { gate.continuation.finish() }
    }

    @Test(arguments: [1, -1]) func itIsDoneOnceForAllWhoComeMeanwhile(value: Int) async throws {
        let (shared, bench) = (SharedWork<String, Int>(), Bench())
        let waiting = (0..<20).map { _ in
            Task { try await shared.value("film") { try await bench.work(value) } }
        }
        while bench.begun.withLock({ $0 }) == 0 { await Task.yield() }
        // One leaves, and the others have it all the same.
        waiting[3].cancel()
        // Another film does not wait for it.
        #expect(try await shared.value("other") { 7 } == 7)
        for _ in 0..<100 { await Task.yield() }
        bench.open()
        for task in waiting {
            let outcome = await task.result
            #expect((try? outcome.get()) == (value > 0 ? value : nil))
        }
        let times = bench.begun.withLock { $0 }
        // Some may have come when it was over.
        #expect(times >= 1 && times < 20)
        // It is not kept.
        #expect(try await shared.value("film") { 9 } == 9)
    }
}
