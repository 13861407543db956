/// AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1.2): the payload of `avcC`.
public struct AVCDecoderConfiguration: Hashable, Sendable {
    /// AVCProfileIndication: profile_idc of the sequence parameter sets.
    public let profile: UInt8
    /// profile_compatibility: the constraint flags of the sequence parameter set.
    public let compatibility: UInt8
    /// AVCLevelIndication: level_idc.
    public let level: UInt8
    /// Bytes of the length before each NAL unit in samples: 1, 2 or 4.
    public let lengthSize: Int
    /// Whole NAL units, header byte included.
    public let sequenceParameterSets: [[UInt8]]
    /// Whole NAL units as well.
    public let pictureParameterSets: [[UInt8]]
    /// sequenceParameterSetExt NAL units; High profiles only.
    public let sequenceParameterSetExtensions: [[UInt8]]
    /// chroma_format, bit_depth_luma_minus8, bit_depth_chroma_minus8; High profiles only, and absent in old files.
    private let chroma: [UInt8]?

    private static let highProfiles: Set<UInt8> = [100, 110, 122, 144, 244]

    /// Reads the payload of an `avcC` box.
    ///
    /// - Throws: when it ends early, has bytes left over, or holds no parameter set.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .decoderConfiguration, removesEmulationPrevention: false)
            return try AVCDecoderConfiguration(&reader, size: bytes.count)
        }
    }

    private init(_ reader: inout BitReader, size: Int) throws(CodecSyntaxError) {
        guard try reader.bits(8) == 1 else { throw reader.error(.unsupported, "configurationVersion is not 1") }
        profile = UInt8(truncatingIfNeeded: try reader.bits(8))
        compatibility = UInt8(truncatingIfNeeded: try reader.bits(8))
        level = UInt8(truncatingIfNeeded: try reader.bits(8))
        lengthSize = try reader.integer(8) & 3 + 1
        guard lengthSize != 3 else { throw reader.error(.outOfRange, "lengthSizeMinusOne is 2") }
        sequenceParameterSets = try Self.readNALUnits(&reader, count: reader.integer(8) & 0x1F)
        pictureParameterSets = try Self.readNALUnits(&reader, count: reader.integer(8))
        guard !sequenceParameterSets.isEmpty, !pictureParameterSets.isEmpty else {
            throw reader.error(.inconsistent, "there is no parameter set")
        }
        if Self.highProfiles.contains(profile), reader.bytePosition < size {
            let bytes = try reader.bits(24)
            chroma = [16, 8, 0].map { UInt8(truncatingIfNeeded: bytes >> $0) }
            sequenceParameterSetExtensions = try Self.readNALUnits(&reader, count: reader.integer(8))
        } else {
            chroma = nil
            sequenceParameterSetExtensions = []
        }
        guard reader.bytePosition == size else { throw reader.error(.inconsistent, "bytes are left over") }
    }

    private static func readNALUnits(_ reader: inout BitReader, count: Int) throws(CodecSyntaxError) -> [[UInt8]] {
        var units: [[UInt8]] = []
        for _ in 0..<count {
            let length = try reader.integer(16)
            guard length > 0 else { throw reader.error(.inconsistent, "a parameter set of length 0") }
            var unit: [UInt8] = []
            for _ in 0..<length { unit.append(UInt8(truncatingIfNeeded: try reader.bits(8))) }
            units.append(unit)
        }
        return units
    }
}

extension AVCDecoderConfiguration {
    /// Makes a record with 4-byte lengths from parameter sets as an encoder gives them.
    ///
    /// - Throws: when there is none of a kind, too many, one longer than 65535 bytes, or the first sequence parameter
    ///   set cannot be read.
    public init(
        sequenceParameterSets: [[UInt8]], pictureParameterSets: [[UInt8]]
    ) throws(CodecSyntaxError) {
        guard let first = sequenceParameterSets.first, sequenceParameterSets.count <= 31,
            (1...255).contains(pictureParameterSets.count),
            (sequenceParameterSets + pictureParameterSets).allSatisfy({ (1...65_535).contains($0.count) })
        else {
            throw CodecSyntaxError(.outOfRange, .decoderConfiguration, "count or length of the parameter sets")
        }
        let sequence = try SequenceParameterSet(nalUnit: first)
        profile = sequence.profileIdc
        compatibility = sequence.constraintFlags
        level = sequence.levelIdc
        lengthSize = LengthPrefixedNALUnits.prefixLength
        self.sequenceParameterSets = sequenceParameterSets
        self.pictureParameterSets = pictureParameterSets
        sequenceParameterSetExtensions = []
        let depths = [sequence.chroma.lumaBitDepth, sequence.chroma.chromaBitDepth]
        chroma =
            Self.highProfiles.contains(profile)
            ? [0xFC | UInt8(sequence.chroma.formatIdc)] + depths.map { 0xF8 | UInt8($0 - 8) } : nil
    }

    /// Makes a record from an encoder's global headers, or from a whole byte stream: each parameter set once, other
    /// units (such as SEI) passed over.
    ///
    /// - Throws: as the other initialisers.
    public init(annexB stream: [UInt8]) throws(CodecSyntaxError) {
        var sequences: [[UInt8]] = []
        var pictures: [[UInt8]] = []
        for unit in try AnnexB.nalUnits(in: stream) {
            let bytes = Array(stream[unit.range])
            if unit.type == .sequenceParameterSet, !sequences.contains(bytes) { sequences.append(bytes) }
            if unit.type == .pictureParameterSet, !pictures.contains(bytes) { pictures.append(bytes) }
        }
        try self.init(sequenceParameterSets: sequences, pictureParameterSets: pictures)
    }

    /// The record's bytes. Of what `init(parsing:)` read they are the same bytes, if its reserved bits were ones.
    public var encoded: [UInt8] {
        var bytes = [1, profile, compatibility, level, 0xFC | UInt8(lengthSize - 1)]
        bytes.append(0xE0 | UInt8(sequenceParameterSets.count))
        for unit in sequenceParameterSets { Self.append(unit, to: &bytes) }
        bytes.append(UInt8(pictureParameterSets.count))
        for unit in pictureParameterSets { Self.append(unit, to: &bytes) }
        if let chroma {
            bytes += chroma
            bytes.append(UInt8(sequenceParameterSetExtensions.count))
            for unit in sequenceParameterSetExtensions { Self.append(unit, to: &bytes) }
        }
        return bytes
    }

    private static func append(_ unit: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: unit.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: unit.count))
        bytes += unit
    }

    /// The `codecs` parameter of RFC 6381 for `avc1`, as `avc1.640028`.
    public var codecString: String {
        "avc1." + [profile, compatibility, level].map(\.twoHexadecimalDigits).joined()
    }
}
