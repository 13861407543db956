/// Sixteen bytes in textual (big-endian) order: a KID or a system id as boxes carry it.
public struct UUIDBytes: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// Nil unless there are 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The two halves, most significant first.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(reading input: inout ByteInput) throws(BoxError) {
        high = try input.uint64()
        low = try input.uint64()
    }

    func write(to output: inout ByteOutput) {
        output.uint64(high)
        output.uint64(low)
    }

    public var bytes: [UInt8] {
        [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String { bytes.hexadecimal }
}
