import Crypto
import Foundation

/// What the bytes of one request must sum up to (tus 1.0, Checksum).
public struct UploadChecksum: Sendable, Hashable {
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case sha1
        case sha256

        var size: Int { self == .sha1 ? 20 : 32 }
    }

    var algorithm: Algorithm
    var value: [UInt8]

    /// From `Upload-Checksum`: an algorithm, a space and the sum in base64; nil for anything else.
    public init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let algorithm = Algorithm(rawValue: String(words[0])),
            let value = Data(base64Encoded: String(words[1])), value.count == algorithm.size
        else { return nil }
        self.algorithm = algorithm
        self.value = Array(value)
    }
}

/// Sums bytes up as they come. Owned by one task.
struct ChecksumAccumulator {
    private let expected: UploadChecksum
    private var sha1 = Insecure.SHA1()
    private var sha256 = SHA256()

    init(_ expected: UploadChecksum) {
        self.expected = expected
    }

    mutating func update(_ bytes: [UInt8]) {
        switch expected.algorithm {
        case .sha1: sha1.update(data: bytes)
        case .sha256: sha256.update(data: bytes)
        }
    }

    var isRight: Bool {
        switch expected.algorithm {
        case .sha1: Array(sha1.finalize()) == expected.value
        case .sha256: Array(sha256.finalize()) == expected.value
        }
    }
}
