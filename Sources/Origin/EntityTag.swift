import Cryptography
import MediaEncryption
import MediaModel
import Policies

/// Strong entity tags: a digest of everything that an object's bytes depend on, so that equal tags mean equal bytes on
/// every node and over restarts. The key itself is not among them: its KID stands for it.
enum EntityTag {
    /// Raised whenever the same inputs come to give other bytes.
    private static let formatRevision = 2

    /// Of an object that is made from a segment of a track.
    static func of(_ track: PlannedTrack, segment: Int, _ object: String) throws -> String {
        let key = try track.key(ofSegment: segment).map { "\($0.keyID)/\($0.number.rawValue)" } ?? "clear"
        return try digest(
            Array(
                "\(formatRevision)/\(track.track.contentDigest)/\(track.plan.encryption.rawValue)/\(key)/\(object)".utf8
            ))
    }

    /// Of bytes that are at hand.
    static func of(_ bytes: [UInt8]) throws -> String {
        try digest(bytes)
    }

    private static func digest(_ bytes: [UInt8]) throws -> String {
        try SHA256.digest(bytes).prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}
