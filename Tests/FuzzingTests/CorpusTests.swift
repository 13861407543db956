import Foundation
import Fuzzing
import TestSupport
import Testing

/// What fuzzing found to reach a place that nothing else did, read again.
@Suite struct CorpusTests {
    /// Each with its length before it, four bytes.
    private static let inputs = Result { () throws -> [[UInt8]] in
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fuzzing/corpus.bin")
        var rest = try Array(Data(contentsOf: file))[...]
        var inputs: [[UInt8]] = []
        while rest.count >= 4 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            inputs.append(Array(rest.dropFirst(4).prefix(count)))
            rest = rest.dropFirst(4 + count)
        }
        return inputs
    }

    /// As libFuzzer does, in the test's own process: a trap ends it.
    @Test(arguments: Fuzzed.allCases) func everyInputIsTakenOrRefused(fuzzed: Fuzzed) throws {
        let inputs = try Self.inputs.get().filter { input in
            input.first.map { $0 % UInt8(Fuzzed.allCases.count) == fuzzed.rawValue } ?? false
        }
        #expect(inputs.count > 30)
        // A debug build reads some of them for seconds.
        for input in Extent.sample(inputs, every: 6) { fuzzed.read(Array(input.dropFirst())) }
    }
}
