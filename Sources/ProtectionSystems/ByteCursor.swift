/// Reads bytes from front to back; everything that is not there is an error.
struct ByteCursor {
    private let bytes: [UInt8]
    private var position = 0
    private let format: ProtectionSystemError.Format

    init(_ bytes: [UInt8], _ format: ProtectionSystemError.Format) {
        self.bytes = bytes
        self.format = format
    }

    var remaining: Int { bytes.count - position }
    var isAtEnd: Bool { remaining == 0 }

    mutating func take(_ count: Int) throws(ProtectionSystemError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw ProtectionSystemError(format, "it ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A number of up to 4 bytes, big-endian.
    mutating func unsigned(bytes count: Int) throws(ProtectionSystemError) -> UInt32 {
        try take(count).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// A number of up to 4 bytes, little-endian.
    mutating func littleEndian(bytes count: Int) throws(ProtectionSystemError) -> UInt32 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension UInt32 {
    var bigEndianBytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) } }
    var littleEndianBytes: [UInt8] { bigEndianBytes.reversed() }
}

extension UInt16 {
    var littleEndianBytes: [UInt8] { [UInt8(truncatingIfNeeded: self), UInt8(truncatingIfNeeded: self >> 8)] }
}
