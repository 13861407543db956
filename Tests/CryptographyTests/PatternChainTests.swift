import Testing

@testable import Cryptography

/// One block of ten, in the lanes of the processor and without them, is what OpenSSL makes of these blocks alone.
@Suite struct PatternChainTests {
    /// A subsample: its own chain, given in pieces that end anywhere between two patterns.
    private struct Subsample {
        var vector: [UInt8]
        var clear: [UInt8]
        /// Where it is cut; multiples of the pattern.
        var cuts: [Int]

        init(count: Int, pieces: Int) {
            vector = (0..<16).map { _ in .random(in: 0...255) }
            clear = (0..<count).map { _ in .random(in: 0...255) }
            let patterns = count / AESPatternCipher.stride
            cuts = (1..<pieces).map { _ in .random(in: 0...patterns) * AESPatternCipher.stride }.sorted() + [count]
        }

        /// The encrypted blocks taken out, chained by the cipher for whole chains, and put back.
        func expected(_ key: [UInt8]) throws -> [UInt8] {
            let starts = stride(from: 0, through: clear.count - 16, by: 160)
            var blocks = starts.flatMap { clear[$0..<($0 + 16)] }
            let cipher = try key.withUnsafeBytes { try AESBlockChainCipher(key: $0) }
            try cipher.start(initializationVector: vector)
            try blocks.withUnsafeMutableBytes { try cipher.encrypt($0) }
            var result = clear
            for (number, start) in starts.enumerated() {
                result.replaceSubrange(start..<(start + 16), with: blocks[(number * 16)..<(number * 16 + 16)])
            }
            return result
        }
    }

    private static let key: [UInt8] = (0..<16).map { $0 &* 37 }

    @Test(arguments: [true, false], [1, 2, 5, 16, 17, 300])
    func chainsThatAreCollectedAreThoseOfEachAlone(inLanes: Bool, count: Int) throws {
        var lengths = [0, 1, 15, 16, 17, 31, 159, 160, 161, 175, 176, 177]
        lengths += (0..<count).map { _ in .random(in: 0...(count > 20 ? 2_000 : 70_000)) }
        let subsamples = lengths.shuffled().map { Subsample(count: $0, pieces: .random(in: 1...4)) }
        let cipher = try Self.key.withUnsafeBytes { try AESPatternCipher(key: $0, usesLanes: inLanes) }
        for subsample in subsamples {
            #expect(try encrypt([subsample], cipher) == [subsample.expected(Self.key)])
        }
        #expect(try encrypt(subsamples, cipher) == subsamples.map { try $0.expected(Self.key) })
    }

    /// All chains one after the other in one memory; what was collected is asked for now and then.
    private func encrypt(_ subsamples: [Subsample], _ cipher: AESPatternCipher) throws -> [[UInt8]] {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: subsamples.reduce(1) { $0 + $1.clear.count }, alignment: 1)
        defer { memory.deallocate() }
        var places: [Range<Int>] = []
        for subsample in subsamples {
            let start = places.last?.upperBound ?? 0
            places.append(start..<(start + subsample.clear.count))
            UnsafeMutableRawBufferPointer(rebasing: memory[start...]).copyBytes(from: subsample.clear)
            try cipher.start(initializationVector: subsample.vector)
            var position = start
            for cut in subsample.cuts {
                try cipher.encrypt(UnsafeMutableRawBufferPointer(rebasing: memory[position..<(start + cut)]))
                position = start + cut
                if Int.random(in: 0..<4) == 0 { try cipher.finish() }
            }
        }
        try cipher.finish()
        return places.map { Array(memory[$0]) }
    }

    @Test func shortVectorsAreRefused() throws {
        let cipher = try Self.key.withUnsafeBytes { try AESPatternCipher(key: $0) }
        #expect(throws: CryptographyError.self) { try cipher.start(initializationVector: [1, 2, 3]) }
    }
}
