public import MediaModel

/// Reads big-endian numbers from a bounded range of bytes. Every read checks its bounds and throws; none traps.
public struct ByteInput {
    private let bytes: [UInt8]
    /// Offset of the next byte from the start of what is parsed.
    public private(set) var position: Int
    private let end: Int

    /// All of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    private init(bytes: [UInt8], position: Int, end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    /// Bytes left.
    public var remaining: Int { end - position }

    public mutating func uint8() throws(BoxError) -> UInt8 {
        UInt8(try number(1))
    }

    public mutating func uint16() throws(BoxError) -> UInt16 {
        UInt16(try number(2))
    }

    public mutating func uint24() throws(BoxError) -> UInt32 {
        UInt32(try number(3))
    }

    public mutating func uint32() throws(BoxError) -> UInt32 {
        UInt32(try number(4))
    }

    public mutating func int32() throws(BoxError) -> Int32 {
        Int32(bitPattern: try uint32())
    }

    public mutating func uint64() throws(BoxError) -> UInt64 {
        try number(8)
    }

    public mutating func fourCC() throws(BoxError) -> FourCC {
        FourCC(rawValue: try uint32())
    }

    public mutating func bytes(_ count: Int) throws(BoxError) -> [UInt8] {
        let range = try take(count)
        return Array(bytes[range])
    }

    public mutating func rest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    public mutating func skip(_ count: Int) throws(BoxError) {
        _ = try take(count)
    }

    /// A string that ends with a zero byte or with the range; bytes that are not UTF-8 are replaced.
    public mutating func string() -> String {
        let text = bytes[position..<end].prefix { $0 != 0 }
        position = min(text.endIndex + 1, end)
        return String(decoding: text, as: UTF8.self)
    }

    /// Version and flags of a full box (ISO/IEC 14496-12, 4.2.2).
    public mutating func versionAndFlags() throws(BoxError) -> (version: UInt8, flags: UInt32) {
        (try uint8(), try uint24())
    }

    /// As `versionAndFlags`, for boxes of which only versions up to `newest` are known.
    public mutating func version(upTo newest: UInt8) throws(BoxError) -> (version: UInt8, flags: UInt32) {
        let at = position
        let header = try versionAndFlags()
        guard header.version <= newest else { throw BoxError(.unknownVersion(header.version), at: at) }
        return header
    }

    /// A count of entries of at least `size` bytes each, refused when they cannot be in the bytes that are left.
    ///
    /// - Parameter mayBeEmpty: entries of zero bytes are possible, and the caller bounds their number.
    public mutating func entryCount(of size: Int, mayBeEmpty: Bool = false) throws(BoxError) -> Int {
        let at = position
        let count = Int(try uint32())
        if mayBeEmpty && size == 0 { return count }
        guard count <= remaining / max(size, 1) else { throw BoxError(.truncated, at: at) }
        return count
    }

    /// The next `count` bytes as an input of their own.
    public mutating func part(_ count: Int) throws(BoxError) -> ByteInput {
        let range = try take(count)
        return ByteInput(bytes: bytes, position: range.lowerBound, end: range.upperBound)
    }

    private mutating func number(_ count: Int) throws(BoxError) -> UInt64 {
        let range = try take(count)
        return bytes[range].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) throws(BoxError) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw BoxError(.truncated, at: position) }
        defer { position += count }
        return position..<(position + count)
    }
}
