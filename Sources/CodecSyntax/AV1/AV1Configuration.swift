/// AV1CodecConfigurationRecord (AV1 binding, 2.3.3): the payload of `av1C`.
public struct AV1Configuration: Hashable, Sendable {
    /// The sequence header in configOBUs; nil when it stands in the samples alone.
    public let sequence: AV1SequenceHeader?
    /// seq_profile, seq_level_idx_0 and seq_tier_0.
    public let profile: Int
    public let level: Int
    public let isHighTier: Bool
    /// 8, 10 or 12.
    public let bitDepth: Int
    let isMonochrome: Bool
    /// chroma_subsampling_x, chroma_subsampling_y, chroma_sample_position.
    let chroma: [Int]

    /// - Throws: when it ends early, has a version other than 1, or its sequence header says something else.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .av1Configuration, removesEmulationPrevention: false)
            return try AV1Configuration(&reader, bytes)
        }
    }

    private init(_ reader: inout BitReader, _ bytes: UnsafeRawBufferPointer) throws(CodecSyntaxError) {
        guard try reader.bits(8) == 0x81 else { throw reader.error(.unsupported, "marker and version are not 1") }
        profile = try reader.integer(3)
        level = try reader.integer(5)
        isHighTier = try reader.flag()
        let isDeep = try reader.flag()
        let isTwelve = try reader.flag()
        bitDepth = isDeep ? (isTwelve && profile == 2 ? 12 : 10) : 8
        isMonochrome = try reader.flag()
        chroma = [try reader.integer(1), try reader.integer(1), try reader.integer(2)]
        _ = try reader.bits(8)
        var units = OpenBitstreamUnits(UnsafeRawBufferPointer(rebasing: bytes[4...]))
        var sequence: AV1SequenceHeader?
        while let unit = try units.next() {
            guard unit.type == .sequenceHeader else { continue }
            let payload = (unit.payload.lowerBound + 4)..<(unit.payload.upperBound + 4)
            sequence = try AV1SequenceHeader(UnsafeRawBufferPointer(rebasing: bytes[payload]))
        }
        if let sequence, sequence.profile != profile || sequence.level != level {
            throw reader.error(.inconsistent, "profile or level are not those of the sequence header")
        }
        self.sequence = sequence
    }

    /// The part of the `codecs` parameter behind the sample entry (AV1 binding, 7), as `0.04M.10.0.112.09.16.09.0`. What
    /// is the default of the binding is left out.
    ///
    /// - Parameter colour: code points that `colr` gives; nil when there is no such box.
    public func codecString(colour: VideoUsability.Colour?) -> String {
        let short = "\(profile).\(Self.digits(level))\(isHighTier ? "H" : "M").\(Self.digits(bitDepth))"
        let isCentred = chroma[0] == 1 && chroma[1] == 1
        let sampling = "\(chroma[0])\(chroma[1])\(isCentred ? chroma[2] : 0)"
        let said = colour ?? sequence?.colour.meaning
        let codes: [UInt8] = said.map { [$0.primaries, $0.transfer, $0.matrix] } ?? [1, 1, 1]
        let isFull = colour?.isFullRange ?? sequence?.colour.isFullRange ?? false
        let meaning = codes.map { Self.digits(Int($0)) }.joined(separator: ".")
        let tail = ".\(isMonochrome ? 1 : 0).\(sampling).\(meaning).\(isFull ? 1 : 0)"
        return tail == ".0.110.01.01.01.0" ? short : short + tail
    }

    private static func digits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
