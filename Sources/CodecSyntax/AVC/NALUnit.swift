/// nal_unit_type (ISO/IEC 14496-10, 7.4.1, table 7-1): an open set of 5-bit codes.
public struct NALUnitType: RawRepresentable, Hashable, Sendable {
    /// The code, 0 to 31.
    public let rawValue: UInt8

    /// Takes the low five bits, so a NAL unit's header byte will do.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue & 0x1F
    }

    /// A slice of a picture that is not an IDR picture.
    public static let slice = NALUnitType(rawValue: 1)
    /// A slice of an IDR picture.
    public static let sliceIDR = NALUnitType(rawValue: 5)
    /// Supplemental enhancement information.
    public static let supplementalEnhancement = NALUnitType(rawValue: 6)
    /// A sequence parameter set (7.3.2.1).
    public static let sequenceParameterSet = NALUnitType(rawValue: 7)
    /// A picture parameter set (7.3.2.2).
    public static let pictureParameterSet = NALUnitType(rawValue: 8)
    /// The optional first unit of an access unit (7.3.2.4).
    public static let accessUnitDelimiter = NALUnitType(rawValue: 9)
    /// Says that an IDR picture follows (7.3.2.5).
    public static let endOfSequence = NALUnitType(rawValue: 10)
    /// Says that nothing follows (7.3.2.6).
    public static let endOfStream = NALUnitType(rawValue: 11)
    /// Bytes that only fill a constant rate (7.3.2.7).
    public static let filler = NALUnitType(rawValue: 12)

    /// A slice whose header this module reads.
    public var isSlice: Bool { self == .slice || self == .sliceIDR }

    /// Carries picture data in a form that this module does not read: data partitions (2 to 4), auxiliary pictures
    /// (19) and the slices of scalable and multi-view extensions (20, 21). To treat them as clear would publish
    /// picture data of a protected track.
    public var isUnsupportedSlice: Bool {
        [2, 3, 4, 19, 20, 21].contains(rawValue)
    }
}

/// Where one NAL unit lies in the bytes that it was found in.
public struct NALUnit: Hashable, Sendable {
    /// Offset of the NAL unit's header byte.
    public let offset: Int
    /// Bytes from the header to the end; at least 1.
    public let length: Int
    /// The header byte: forbidden_zero_bit, nal_ref_idc, nal_unit_type.
    public let header: UInt8

    /// The caller answers for the range: readers check it against their bytes.
    public init(offset: Int, length: Int, header: UInt8) {
        self.offset = offset
        self.length = length
        self.header = header
    }

    /// What the unit carries.
    public var type: NALUnitType { NALUnitType(rawValue: header) }
    /// nal_ref_idc: 0 when no picture refers to this one.
    public var referenceIdc: UInt8 { header >> 5 & 3 }
    /// The whole unit, header byte included.
    public var range: Range<Int> { offset..<(offset + length) }
}
