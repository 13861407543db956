import ContentKeys
import Foundation
import KeyWrapping
import TestSupport
import Testing

@testable import ProtectionSystems

enum Fixtures {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let keyBytes: [UInt8] = Array(0x10...0x1F)

    /// `00010203-…-0e0f`, and so on.
    static func keyID(_ number: UInt8 = 0) -> KeyID {
        KeyID(bytes: (0..<16).map { UInt8($0) + 16 * number }) ?? .random()
    }

    static func key() throws -> ContentKey {
        try #require(keyBytes.withUnsafeBytes { ContentKey(.common, copying: $0) })
    }

    static func checksum(_ keyID: KeyID) throws -> KeyChecksum? { try key().checksum(keyID) }

    /// Initialisation data for a scheme, as the origin writes it.
    static func headers(_ scheme: CommonScheme, keyIDs: [KeyID], licenceURL: String? = nil) throws -> [SystemHeader] {
        let keys = try keyIDs.map { PlayReadyHeader.Key($0, checksum: try checksum($0)) }
        let header = try PlayReadyHeader(
            keys: keys, algorithm: scheme == .cenc ? .counter : .chain, licenceURL: licenceURL)
        return [
            .common(keyIDs: keyIDs), .playReady(try PlayReadyObject(header)),
            .widevine(WidevineHeader(keyIDs: keyIDs, scheme: scheme)),
        ]
    }

    /// A folder for the time of a test.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-pssh-\(UUID().uuidString)")

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        func write(_ name: String, _ bytes: [UInt8]) throws -> String {
            let file = url.appendingPathComponent(name)
            try Data(bytes).write(to: file)
            return file.path
        }
    }

    /// What a reader that is not ours finds in the `pssh` boxes of a file, as JSON.
    static func described(_ path: String) throws -> Data {
        let python = tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python").path
        let script = tests.appendingPathComponent("ProtectionSystems/describe.py").path
        return try Tool.run([python, script, path]).standardOutput
    }
}

/// A generator with a seed, so that a failure can be had again (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// A copy with a few bytes changed, taken away, added or repeated.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...8, using: &self)))
            case 3: bytes.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF, 0x7F], at: place)
            case 4: bytes = Array(bytes[..<place])
            default: bytes.insert(contentsOf: bytes[place...].prefix(32), at: place)
            }
        }
        return bytes
    }
}
