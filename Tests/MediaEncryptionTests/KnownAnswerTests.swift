import Cryptography
import Foundation
import ISOBaseMedia
import Testing

@testable import MediaEncryption

/// The schemes' ciphers against published vectors.
@Suite struct KnownAnswerTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var fields: [String: [UInt8]]
        var testDescription: String { fields["PLAINTEXT"]?.description ?? "" }

        /// The vectors of the `[ENCRYPT]` part of a CAVP response file.
        static func all(_ name: String) -> [Vector] {
            let file = Repository.tests.appending(path: "Vectors/nist/\(name)")
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            var vectors: [Vector] = []
            for line in text.split(whereSeparator: \.isNewline).prefix(while: { $0 != "[DECRYPT]" }) {
                let parts = line.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
                guard parts.count == 2 else { continue }
                if parts[0] == "COUNT" {
                    vectors.append(Vector(fields: [:]))
                } else if !vectors.isEmpty {
                    vectors[vectors.count - 1].fields[parts[0]] = bytes(parts[1])
                }
            }
            return vectors
        }

        private static func bytes(_ text: String) -> [UInt8] {
            let digits = Array(text).compactMap(\.hexDigitValue)
            return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
        }

        func field(_ name: String) throws -> [UInt8] { try #require(fields[name]) }
    }

    @Test func vectorsAreThere() {
        #expect(Vector.all("CBCGFSbox128.rsp").count == 7)
        #expect(Vector.all("aes-128-ctr.txt").count == 3)
    }

    @Test(arguments: Vector.all("CBCGFSbox128.rsp"))
    func chains(vector: Vector) throws {
        let chain = try vector.field("KEY").withUnsafeBytes { try AESBlockChainCipher(key: $0) }
        let cipher = ChainSampleCipher(cipher: chain, iv: try vector.field("IV"))
        try cipher.startSubsample()
        var bytes = try vector.field("PLAINTEXT")
        let done = try bytes.withUnsafeMutableBytes { try cipher.encrypt($0, isLast: true) }
        #expect(done == bytes.count)
        #expect(try bytes == vector.field("CIPHERTEXT"))
    }

    @Test(arguments: Vector.all("aes-128-ctr.txt"))
    func counters(vector: Vector) throws {
        let iv = try vector.field("IV")
        let words = [iv.prefix(8), iv.suffix(8)].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        let cipher = try vector.field("KEY").withUnsafeBytes { try AESCounterCipher(key: $0) }
        try cipher.start(high: words[0], low: words[1])
        var bytes = try vector.field("PLAINTEXT")
        try bytes.withUnsafeMutableBytes { try cipher.apply(to: $0) }
        #expect(try bytes == vector.field("CIPHERTEXT"))
    }

    /// The first vector's counter starts at block 1 of sample 0 of number 0x30: 16 bytes come before it.
    @Test func aSampleCountsFromBlockZero() throws {
        let vector = try #require(Vector.all("aes-128-ctr.txt").first)
        let counter = try vector.field("KEY").withUnsafeBytes { try AESCounterCipher(key: $0) }
        let cipher = CounterSampleCipher(number: IVNumber(rawValue: 0x30), cipher: counter)
        try cipher.startSample(0)
        var bytes = try [UInt8](repeating: 0, count: 16) + vector.field("PLAINTEXT")
        _ = try bytes.withUnsafeMutableBytes { try cipher.encrypt($0, isLast: true) }
        #expect(try Array(bytes[16...]) == vector.field("CIPHERTEXT"))
    }

    /// One block of ten, chained over the skipped ones; a last partial block stays clear.
    @Test func patternsSkipNineBlocks() throws {
        let key = [UInt8](repeating: 3, count: 16)
        let iv = [UInt8](repeating: 9, count: 16)
        let clear = (0..<(16 * 21 + 5)).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let cipher = PatternSampleCipher(
            cipher: try key.withUnsafeBytes { try AESPatternCipher(key: $0) }, iv: iv)
        var bytes = clear
        let count = try bytes.withUnsafeMutableBytes {
            try cipher.startSubsample()
            let count = try cipher.encrypt($0, isLast: true)
            try cipher.finish()
            return count
        }
        #expect(count == clear.count)

        let chosen = [0, 160, 320]
        var blocks = chosen.flatMap { clear[$0..<($0 + 16)] }
        let chain = try key.withUnsafeBytes { try AESBlockChainCipher(key: $0) }
        try chain.start(initializationVector: iv)
        try blocks.withUnsafeMutableBytes { try chain.encrypt($0) }
        var expected = clear
        for (number, at) in chosen.enumerated() {
            expected.replaceSubrange(at..<(at + 16), with: blocks[(number * 16)..<(number * 16 + 16)])
        }
        #expect(bytes == expected)
    }
}
