import Testing

@testable import ContentChecks

/// xorshift64*: the same in every run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

@Suite struct FingerprintMatchTests {
    /// As of sound that changes slowly: each item keeps most bits of the one before.
    private func sound(_ count: Int, _ numbers: inout Numbers) -> [UInt32] {
        var item = UInt32.random(in: 0...UInt32.max, using: &numbers)
        return (0..<count).map { _ in
            for _ in 0..<5 { item ^= 1 << UInt32.random(in: 0..<32, using: &numbers) }
            return item
        }
    }

    /// Some bits of each item turned, as encoding anew does.
    private func encoded(_ items: [UInt32], _ bits: Int, _ numbers: inout Numbers) -> [UInt32] {
        items.map { item in
            (0..<bits).reduce(item) { item, _ in item ^ 1 << UInt32.random(in: 0..<32, using: &numbers) }
        }
    }

    private func match(_ file: [UInt32], _ work: [UInt32]) -> FingerprintMatch? {
        (try? FingerprintMatch.find(file, in: FingerprintIndex(work)) {}) ?? nil
    }

    @Test(arguments: 1...12) func findsAPartThatWasEncodedAnew(_ seed: Int) throws {
        var numbers = Numbers(state: UInt64(seed) &* 0x9E37_79B9)
        let work = sound(1200, &numbers)
        let start = Int.random(in: 0..<900, using: &numbers)
        let before = Int.random(in: 0..<400, using: &numbers)
        let part = encoded(Array(work[start..<start + 200]), 3, &numbers)
        let file = sound(before, &numbers) + part + sound(300, &numbers)
        let found = try #require(match(file, work))
        #expect(found.start - found.range.lowerBound == start - before)
        #expect(abs(found.range.lowerBound - before) < 12 && abs(found.range.upperBound - before - 200) < 12)
    }

    @Test(arguments: 1...12) func findsNothingInAnotherWork(_ seed: Int) {
        var numbers = Numbers(state: UInt64(seed) &* 0xDEAD_BEEF)
        #expect(match(sound(2000, &numbers), sound(2000, &numbers)) == nil)
    }

    @Test func silenceAndTonesAreNobodysWork() {
        let silence = [UInt32](repeating: 627_964_279, count: 500)
        #expect(match(silence, silence) == nil)
        let beat = (0..<500).map { UInt32($0 % 3) << 20 }
        #expect(match(beat, beat) == nil)
    }

    @Test func tooLittleTellsNothing() {
        var numbers = Numbers(state: 7)
        let work = sound(500, &numbers)
        #expect(match(Array(work.prefix(40)), work) == nil)
        #expect(match([], work) == nil)
        #expect(match(work, []) == nil)
        #expect(match(Array(work[100..<160]), work)?.start == 100)
    }

    @Test func isGivenUpWhenAsked() {
        struct Stopped: Error {}
        let work = [UInt32](repeating: 1, count: 200)
        #expect(throws: Stopped.self) {
            try FingerprintMatch.find(work, in: FingerprintIndex(work)) { throw Stopped() }
        }
    }
}
