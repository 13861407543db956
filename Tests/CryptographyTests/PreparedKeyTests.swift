import Crypto
import Cryptography
import Foundation
import Testing

/// Messages open under a key that was prepared as they do under one that was not.
@Suite struct PreparedKeyTests {
    private static func open(
        _ sealed: [UInt8], _ key: [UInt8], _ data: [UInt8], isPrepared: Bool
    ) throws -> [UInt8] {
        var clear = [UInt8](repeating: 0xAA, count: max(sealed.count - 28, 0))
        try clear.withUnsafeMutableBytes { clear in
            try data.withUnsafeBytes { data in
                try key.withUnsafeBytes { key in
                    guard isPrepared else {
                        return try AES256GCM.open(sealed, key: key, authenticating: data, into: clear)
                    }
                    let prepared = try #require(PreparedAES256GCM(key: key))
                    try prepared.open(sealed, authenticating: data, into: clear)
                }
            }
        }
        return clear
    }

    private static var canPrepare: Bool {
        [UInt8](repeating: 0, count: 32).withUnsafeBytes { PreparedAES256GCM(key: $0) } != nil
    }

    /// Test case 16 of the GCM specification: 60 bytes with associated data.
    @Test(.enabled(if: canPrepare, "no AES lanes on this processor"), arguments: [true, false])
    func aKnownAnswer(isPrepared: Bool) throws {
        let key = bytes(hex: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
        let sealed = bytes(
            hex: "cafebabefacedbaddecaf888"
                + "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b")
        let data = bytes(hex: "feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let clear = try Self.open(sealed, key, data, isPrepared: isPrepared)
        let expected =
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        #expect(clear == bytes(hex: expected))
    }

    /// Messages that another library sealed, of any length, with data of any length; and each with one bit changed.
    @Test(
        .enabled(if: canPrepare, "no AES lanes on this processor"),
        arguments: [0, 1, 15, 16, 17, 32, 100, 4096, 65_536])
    func messagesOfAnotherLibrary(count: Int) throws {
        for dataCount in [0, 1, 16, 61, 500] {
            let key = (0..<32).map { _ in UInt8.random(in: 0...255) }
            let clear = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let data = (0..<dataCount).map { _ in UInt8.random(in: 0...255) }
            let box = try AES.GCM.seal(clear, using: SymmetricKey(data: key), authenticating: data)
            let sealed = Array(try #require(box.combined))
            #expect(try Self.open(sealed, key, data, isPrepared: true) == clear)
            #expect(try Self.open(sealed, key, data, isPrepared: false) == clear)
            var changed = sealed
            changed[Int.random(in: changed.indices)] ^= 1 << UInt8.random(in: 0..<8)
            #expect(throws: CryptographyError.self) { try Self.open(changed, key, data, isPrepared: true) }
            #expect(throws: CryptographyError.self) { try Self.open(sealed, key, data + [0], isPrepared: true) }
            var other = key
            other[7] ^= 1
            #expect(throws: CryptographyError.self) { try Self.open(sealed, other, data, isPrepared: true) }
        }
    }

    /// Nothing of a message whose tag does not fit is given out.
    @Test(.enabled(if: canPrepare, "no AES lanes on this processor"))
    func nothingIsLeftOfAMessageThatDoesNotOpen() throws {
        let key = [UInt8](repeating: 3, count: 32)
        let box = try AES.GCM.seal([UInt8](repeating: 9, count: 32), using: SymmetricKey(data: key))
        var sealed = Array(try #require(box.combined))
        sealed[sealed.count - 1] ^= 1
        var clear = [UInt8](repeating: 0xAA, count: 32)
        let prepared = try #require(key.withUnsafeBytes { PreparedAES256GCM(key: $0) })
        #expect(throws: CryptographyError.self) {
            try clear.withUnsafeMutableBytes {
                try prepared.open(sealed, authenticating: UnsafeRawBufferPointer(start: nil, count: 0), into: $0)
            }
        }
        #expect(clear.allSatisfy { $0 == 0 })
    }

    @Test(.enabled(if: canPrepare, "no AES lanes on this processor"), arguments: [0, 1, 27])
    func whatIsShorterThanNonceAndTagIsRefused(count: Int) throws {
        let key = [UInt8](repeating: 3, count: 32)
        let prepared = try #require(key.withUnsafeBytes { PreparedAES256GCM(key: $0) })
        var clear: [UInt8] = []
        #expect(throws: CryptographyError.self) {
            try clear.withUnsafeMutableBytes {
                try prepared.open(
                    [UInt8](repeating: 0, count: count), authenticating: UnsafeRawBufferPointer(start: nil, count: 0),
                    into: $0)
            }
        }
    }

    @Test(arguments: [0, 16, 31, 33]) func keysHaveOneSize(count: Int) {
        #expect([UInt8](repeating: 1, count: count).withUnsafeBytes { PreparedAES256GCM(key: $0) } == nil)
    }

    /// A machine that has lanes prepares keys: else the tests above are passed over.
    @Test func keysArePreparedWhereThereAreLanes() {
        #expect(Self.canPrepare == (AESBlockChainLanes() != nil))
    }
}
