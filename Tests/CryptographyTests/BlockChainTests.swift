import Foundation
import TestSupport
import Testing

@testable import Cryptography

/// Chains in the lanes of the processor are the chains that OpenSSL makes.
@Suite struct BlockChainTests {
    /// NIST SP 800-38A, F.2.1.
    @Test func theStandardsVector() throws {
        let key: [UInt8] = [
            0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C,
        ]
        let clear: [UInt8] = [
            0x6B, 0xC1, 0xBE, 0xE2, 0x2E, 0x40, 0x9F, 0x96, 0xE9, 0x3D, 0x7E, 0x11, 0x73, 0x93, 0x17, 0x2A,
            0xAE, 0x2D, 0x8A, 0x57, 0x1E, 0x03, 0xAC, 0x9C, 0x9E, 0xB7, 0x6F, 0xAC, 0x45, 0xAF, 0x8E, 0x51,
        ]
        let sealed: [UInt8] = [
            0x76, 0x49, 0xAB, 0xAC, 0x81, 0x19, 0xB2, 0x46, 0xCE, 0xE9, 0x8E, 0x9B, 0x12, 0xE9, 0x19, 0x7D,
            0x50, 0x86, 0xCB, 0x9B, 0x50, 0x72, 0x19, 0xEE, 0x95, 0xDB, 0x11, 0x3A, 0x91, 0x76, 0x78, 0xB2,
        ]
        for inLanes in [false, true] {
            // Two at once: one alone need not use the lanes.
            var chains = try (0..<2).map { _ in try Chain(key: key, initializationVector: Array(0..<16), clear) }
            try Chain.encrypt(&chains, [32, 32], with: inLanes ? AESBlockChainLanes() : nil)
            #expect(chains.map(\.bytes) == [sealed, sealed])
        }
    }

    /// Of many lengths, in pieces, in groups that change from call to call, and partly one at a time.
    @Test(arguments: [1, 2, 3, 7, 16, 17, 40]) func lanesAreEqualToOneAfterTheOther(count: Int) throws {
        var random = SystemRandomNumberGenerator()
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255, using: &random) } }
        // Some longer than what the library takes at a time.
        let lengths = (0..<count).map { _ in Int.random(in: 0...9000) * 16 }
        let clear = lengths.map(bytes)
        let keys = (0..<count).map { _ in bytes(16) }
        let vectors = (0..<count).map { _ in bytes(16) }
        var alone = try (0..<count).map { try Chain(key: keys[$0], initializationVector: vectors[$0], clear[$0]) }
        try Chain.encrypt(&alone, lengths, with: nil)
        var together = try (0..<count).map { try Chain(key: keys[$0], initializationVector: vectors[$0], clear[$0]) }
        let lanes = AESBlockChainLanes()
        var turn = 0
        while together.contains(where: { !$0.isAtEnd }) {
            let pieces = together.map { min(Int.random(in: 0...5000) * 16, $0.left) }
            turn += 1
            try Chain.encrypt(&together, pieces, with: turn.isMultiple(of: 3) ? nil : lanes)
        }
        #expect(together.map(\.bytes) == alone.map(\.bytes))
    }

    /// A machine that has what they need has lanes: else the tests above compare OpenSSL with itself.
    @Test func thereAreLanesWhereTheProcessorHasThem() throws {
        let processor = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let isAble = processor.contains(" aes ") && processor.contains(" avx2 ")
        #expect((AESBlockChainLanes() != nil) == isAble)
    }

    @Test func partialBlocksAreRefused() throws {
        var chains = try (0..<2).map { _ in
            try Chain(key: [UInt8](repeating: 1, count: 16), initializationVector: Array(0..<16), Array(0..<31))
        }
        #expect(throws: CryptographyError.self) { try Chain.encrypt(&chains, [31, 16], with: AESBlockChainLanes()) }
        #expect(throws: CryptographyError.self) { try Chain.encrypt(&chains, [31, 16], with: nil) }
    }
}

/// Bytes that a cipher goes through piece by piece.
private struct Chain {
    let cipher: AESBlockChainCipher
    var bytes: [UInt8]
    var done = 0

    init(key: [UInt8], initializationVector: [UInt8], _ clear: [UInt8]) throws {
        cipher = try key.withUnsafeBytes { try AESBlockChainCipher(key: $0) }
        try cipher.start(initializationVector: initializationVector)
        bytes = clear
    }

    var left: Int { bytes.count - done }
    var isAtEnd: Bool { left == 0 }

    /// The next piece of each chain: at once, or without lanes one after the other.
    static func encrypt(_ chains: inout [Chain], _ counts: [Int], with lanes: AESBlockChainLanes?) throws {
        let parts = zip(chains, counts).map { chain, count in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
            memory.copyBytes(from: chain.bytes[chain.done..<(chain.done + count)])
            return AESBlockChainLanes.Part(chain.cipher, memory)
        }
        defer { for part in parts { part.bytes.deallocate() } }
        if let lanes {
            try lanes.encrypt(parts)
        } else {
            for part in parts { try part.cipher.encrypt(part.bytes) }
        }
        for (number, part) in parts.enumerated() {
            let done = chains[number].done
            chains[number].bytes.replaceSubrange(done..<(done + part.bytes.count), with: part.bytes)
            chains[number].done += part.bytes.count
        }
    }
}
