/// Walks the NAL units of one sample in which each is preceded by its length as a 4-byte big-endian number
/// (ISO/IEC 14496-15, 4.3.3 and 5.3.3.1.2 with lengthSizeMinusOne 3).
///
/// The memory belongs to the caller and must outlive the walk.
public struct LengthPrefixedNALUnits {
    /// Size of the length before each NAL unit, in bytes.
    public static let prefixLength = 4

    private let sample: UnsafeRawBufferPointer
    private var position = 0

    /// Begins at the first NAL unit of a sample.
    public init(_ sample: UnsafeRawBufferPointer) {
        self.sample = sample
    }

    /// The next NAL unit, or nil exactly at the end of the sample.
    ///
    /// - Throws: when a length is zero, or reaches past the end, or the sample ends inside a length.
    public mutating func next() throws(CodecSyntaxError) -> NALUnit? {
        guard position < sample.count else { return nil }
        guard sample.count - position > Self.prefixLength else {
            throw error(.truncated, "the sample ends inside a NAL unit's length")
        }
        let length = Int(UInt32(bigEndian: sample.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
        let offset = position + Self.prefixLength
        guard length > 0 else { throw error(.inconsistent, "a NAL unit of length 0") }
        guard length <= sample.count - offset else {
            throw error(.inconsistent, "a NAL unit of \(length) bytes where \(sample.count - offset) are left")
        }
        let header = sample[offset]
        guard header & 0x80 == 0 else { throw error(.inconsistent, "forbidden_zero_bit is 1") }
        position = offset + length
        return NALUnit(offset: offset, length: length, header: header)
    }

    private func error(_ code: CodecSyntaxError.Code, _ reason: String) -> CodecSyntaxError {
        CodecSyntaxError(code, .sample, at: position * 8, reason)
    }
}

extension LengthPrefixedNALUnits {
    /// All NAL units of a sample, in order.
    ///
    /// - Throws: as `next()`.
    public static func all(in sample: [UInt8]) throws(CodecSyntaxError) -> [NALUnit] {
        try sample.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var walk = LengthPrefixedNALUnits(bytes)
            var units: [NALUnit] = []
            while let unit = try walk.next() { units.append(unit) }
            return units
        }
    }
}
