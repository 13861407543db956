/// What the child is given on its standard input to verify: a segment as a player gets it, and the key to read it.
///
/// A header of fixed size (`KWV1`, the kind of protection, key and IV of 16 bytes each, then the sizes of init segment and
/// segment in 8 bytes, little-endian), then the bytes.
public struct VerificationInput: Sendable {
    public enum Protection: UInt8, Sendable, Hashable {
        case none = 0
        /// The samples are encrypted: `cenc` or `cbcs`.
        case samples = 1
        /// The whole segment is encrypted with AES-128-CBC.
        case segment = 2
    }

    public static let headerSize = 4 + 1 + 16 + 16 + 8 + 8
    /// Of init segment and segment together, in bytes.
    public static let maximumSize = 512 << 20

    public var protection: Protection
    public var initializationSize: Int
    public var mediaSize: Int

    /// From the header; nil for anything that is none.
    public init?(header: [UInt8]) {
        guard header.count == Self.headerSize, header[0..<4].elementsEqual("KWV1".utf8),
            let protection = Protection(rawValue: header[4])
        else { return nil }
        func size(at offset: Int) -> Int? {
            Int(exactly: header[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        guard let first = size(at: 37), let second = size(at: 45), first <= Self.maximumSize,
            second <= Self.maximumSize - first
        else { return nil }
        self.protection = protection
        initializationSize = first
        mediaSize = second
    }

    /// Where the key and the IV stand in the header.
    public static let keyRange = 5..<21
    public static let vectorRange = 21..<37

    /// The header without the key, which whoever has it puts in its place.
    public static func header(_ protection: Protection, vector: [UInt8], initialization: Int, media: Int) -> [UInt8] {
        func bytes(_ size: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) } }
        let padded = Array((vector + [UInt8](repeating: 0, count: 16)).prefix(16))
        return Array("KWV1".utf8) + [protection.rawValue] + [UInt8](repeating: 0, count: 16) + padded
            + bytes(initialization) + bytes(media)
    }
}
