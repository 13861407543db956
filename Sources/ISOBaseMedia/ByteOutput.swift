public import MediaModel

/// Collects the bytes of boxes; every number is big-endian (ISO/IEC 14496-12, 4.2).
public struct ByteOutput {
    public private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: how many bytes are expected.
    public init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    public mutating func uint8(_ value: UInt8) {
        bytes.append(value)
    }

    public mutating func uint16(_ value: UInt16) {
        append(value)
    }

    public mutating func uint32(_ value: UInt32) {
        append(value)
    }

    public mutating func int32(_ value: Int32) {
        append(value)
    }

    public mutating func uint64(_ value: UInt64) {
        append(value)
    }

    /// The low 24 bits.
    public mutating func uint24(_ value: UInt32) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 16))
        uint16(UInt16(truncatingIfNeeded: value))
    }

    public mutating func fourCC(_ value: FourCC) {
        append(value.rawValue)
    }

    public mutating func append(contentsOf other: some Sequence<UInt8>) {
        bytes.append(contentsOf: other)
    }

    public mutating func zeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    /// UTF-8 with a terminating zero.
    public mutating func string(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(0)
    }

    /// Version and flags of a full box (4.2.2).
    public mutating func version(_ version: UInt8, flags: UInt32 = 0) {
        uint8(version)
        uint24(flags)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
