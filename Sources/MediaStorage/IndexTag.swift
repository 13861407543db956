public import ContentKeys
import Cryptography
public import Foundation

/// The tag of a track's index file under the key of the asset's files: what tells in a few milliseconds that the index of a long
/// film is the one that was stored. Its SHA-256 takes five times as long.
public enum IndexTag {
    /// In bytes.
    public static let size = AES256GMAC.tagSize

    /// The tag of an index.
    ///
    /// Each index has a key of its own, made of its digest: a key that tags two messages would give itself away.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the index, as the catalog has it.
    ///   - key: that the asset's files are encrypted under.
    public static func code(of index: Data, digest: [UInt8], key: ContentKey) throws -> [UInt8] {
        var own = try key.withUnsafeBytes { bytes throws(CryptographyError) in
            try HMAC.code(of: Array("keyway index tag 1".utf8) + digest, key: bytes)
        }
        defer { own.withUnsafeMutableBytes { cleanse($0) } }
        return try index.withUnsafeBytes { index in
            try own.withUnsafeBytes { try AES256GMAC.code(of: index, key: $0) }
        }
    }

    /// Whether an index is the one that was stored. Constant time in the tag's bytes.
    public static func isValid(_ tag: [UInt8], of index: Data, digest: [UInt8], key: ContentKey) throws -> Bool {
        constantTimeEquals(try code(of: index, digest: digest, key: key), tag)
    }
}
