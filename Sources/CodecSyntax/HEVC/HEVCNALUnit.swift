/// nal_unit_type of HEVC (ISO/IEC 23008-2, 7.4.2.2, table 7-1): an open set of 6-bit codes.
public struct HEVCNALUnitType: RawRepresentable, Hashable, Sendable {
    /// The code, 0 to 63.
    public let rawValue: UInt8

    /// Takes the low six bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue & 0x3F
    }

    /// A video parameter set (7.3.2.1).
    public static let videoParameterSet = HEVCNALUnitType(rawValue: 32)
    /// A sequence parameter set (7.3.2.2).
    public static let sequenceParameterSet = HEVCNALUnitType(rawValue: 33)
    /// A picture parameter set (7.3.2.3).
    public static let pictureParameterSet = HEVCNALUnitType(rawValue: 34)

    /// A slice segment whose header this module reads.
    public var isSlice: Bool { rawValue <= 9 || (16...21).contains(rawValue) }

    /// An IDR picture.
    var isIDR: Bool { rawValue == 19 || rawValue == 20 }

    /// An intra random access point, the types reserved for more of them included.
    public var isRandomAccess: Bool { (16...23).contains(rawValue) }

    /// Picture data in a form that this module does not read: reserved types of coded slices, and the enhancement layer
    /// that Dolby Vision puts into units of type 63. To leave them clear would publish a part of a protected track.
    public var isUnsupportedSlice: Bool { (rawValue < 32 && !isSlice) || rawValue == 63 }
}

/// Where one NAL unit of HEVC lies in the bytes that it was found in.
public struct HEVCNALUnit: Hashable, Sendable {
    /// Offset of the first of the two header bytes.
    public let offset: Int
    /// Bytes from the header to the end; at least 2.
    public let length: Int
    /// What the unit carries.
    public let type: HEVCNALUnitType
    /// nuh_layer_id: 0 for the base layer.
    public let layer: UInt8

    var range: Range<Int> { offset..<(offset + length) }
}

/// Walks the NAL units of one sample of HEVC, each behind its length in 1, 2 or 4 bytes (ISO/IEC 14496-15, 8.3.2).
struct HEVCSampleUnits {
    private let sample: UnsafeRawBufferPointer
    let lengthSize: Int
    private var position = 0

    init(_ sample: UnsafeRawBufferPointer, lengthSize: Int) {
        self.sample = sample
        self.lengthSize = lengthSize
    }

    /// The next NAL unit, or nil exactly at the end of the sample.
    mutating func next() throws(CodecSyntaxError) -> HEVCNALUnit? {
        guard position < sample.count else { return nil }
        guard sample.count - position > lengthSize else {
            throw error(.truncated, "the sample ends inside a NAL unit's length")
        }
        var length = 0
        for index in 0..<lengthSize { length = length << 8 | Int(sample[position + index]) }
        let offset = position + lengthSize
        guard length >= 2 else { throw error(.inconsistent, "a NAL unit of length \(length)") }
        guard length <= sample.count - offset else {
            throw error(.inconsistent, "a NAL unit of \(length) bytes where \(sample.count - offset) are left")
        }
        guard sample[offset] & 0x80 == 0 else { throw error(.inconsistent, "forbidden_zero_bit is 1") }
        position = offset + length
        return HEVCNALUnit(
            offset: offset, length: length, type: HEVCNALUnitType(rawValue: sample[offset] >> 1),
            layer: sample[offset] << 5 & 0x20 | sample[offset + 1] >> 3)
    }

    private func error(_ code: CodecSyntaxError.Code, _ reason: String) -> CodecSyntaxError {
        CodecSyntaxError(code, .sample, at: position * 8, reason)
    }
}
