/// A four-character code: the type of a box, a sample entry or a brand (ISO/IEC 14496-12, 4.2).
public struct FourCC: RawRepresentable, Hashable, Sendable, Codable {
    /// The code as a big-endian number, as it stands in a file.
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The code of four ASCII characters, or nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 4, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension FourCC: ExpressibleByStringLiteral {
    /// For literals in the source only. A literal that is not four ASCII characters becomes the code zero.
    public init(stringLiteral value: StaticString) {
        // Without an array: readers compare with dozens of literals for each box.
        rawValue = value.withUTF8Buffer { bytes in
            bytes.count == 4 ? bytes.reduce(0) { $0 << 8 | UInt32($1) } : 0
        }
    }
}

extension FourCC: CustomStringConvertible {
    /// The four characters; a byte outside printable ASCII is shown as `.`.
    public var description: String {
        String(
            decoding: [24, 16, 8, 0].map { shift -> UInt8 in
                let byte = UInt8(truncatingIfNeeded: rawValue >> UInt32(shift))
                return (0x20...0x7E).contains(byte) ? byte : 0x2E
            }, as: UTF8.self)
    }
}
