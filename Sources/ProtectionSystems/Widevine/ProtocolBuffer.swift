/// Walks the fields of a protocol buffer message (Protocol Buffers, "Encoding"), of which a few are wanted and none are
/// trusted. Groups, which no message here has, are refused.
struct ProtocolBufferReader {
    enum Value {
        case number(UInt64)
        case bytes([UInt8])
    }

    /// The most fields that are looked at in one message.
    private static let maximumFields = 4096

    private var input: ByteCursor
    private let format: ProtectionSystemError.Format
    private var count = 0

    init(_ bytes: [UInt8], _ format: ProtectionSystemError.Format) {
        input = ByteCursor(bytes, format)
        self.format = format
    }

    /// The next field; nil at the end.
    mutating func next() throws(ProtectionSystemError) -> (number: UInt64, value: Value)? {
        guard !input.isAtEnd else { return nil }
        count += 1
        guard count <= Self.maximumFields else { throw ProtectionSystemError(format, "too many fields") }
        let tag = try varint()
        guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw ProtectionSystemError(format, "a field's number") }
        switch tag & 7 {
        case 0: return (tag >> 3, .number(try varint()))
        case 1: return (tag >> 3, .bytes(Array(try input.take(8))))
        case 2:
            guard let length = Int(exactly: try varint()) else { throw ProtectionSystemError(format, "a length") }
            return (tag >> 3, .bytes(Array(try input.take(length))))
        case 5: return (tag >> 3, .bytes(Array(try input.take(4))))
        default: throw ProtectionSystemError(format, "a wire type that is not used")
        }
    }

    private mutating func varint() throws(ProtectionSystemError) -> UInt64 {
        var value: UInt64 = 0
        for position in 0..<10 {
            let byte = UInt64(try input.unsigned(bytes: 1))
            // The tenth byte has room for the highest bit only.
            guard position < 9 || byte <= 1 else { break }
            value |= (byte & 0x7F) << UInt64(7 * position)
            if byte < 0x80 { return value }
        }
        throw ProtectionSystemError(format, "a number of more than 64 bits")
    }
}

/// Writes the fields of a protocol buffer message.
struct ProtocolBufferWriter {
    private(set) var bytes: [UInt8] = []

    mutating func field(_ number: UInt64, _ value: UInt64) {
        varint(number << 3)
        varint(value)
    }

    mutating func field(_ number: UInt64, _ value: [UInt8]) {
        varint(number << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
