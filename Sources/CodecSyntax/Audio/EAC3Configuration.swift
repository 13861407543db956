/// EC3SpecificBox (ETSI TS 102 366, F.6), with what ETSI TS 103 420 adds for objects: the payload of `dec3`.
public struct EAC3Configuration: Hashable, Sendable {
    /// Of the first independent substream, in hertz.
    public let sampleRate: Int
    /// Channels of the first independent substream and what depends on it.
    public let channels: DolbyChannels
    /// complexity_index_type_a: the most objects of joint object coding (Dolby Atmos); nil without it.
    public let objectComplexity: Int?

    /// - Throws: when it ends early or the sample rate is reserved.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .eac3Configuration, removesEmulationPrevention: false)
            return try EAC3Configuration(&reader, size: bytes.count)
        }
    }

    private init(_ reader: inout BitReader, size: Int) throws(CodecSyntaxError) {
        _ = try reader.bits(13)  // data_rate
        var first: (rate: Int, channels: DolbyChannels)?
        for _ in 0...(try reader.integer(3)) {
            let substream = try Self.readSubstream(&reader)
            first = first ?? substream
        }
        guard let first else { throw reader.error(.inconsistent, "there is no substream") }
        (sampleRate, channels) = first
        var complexity: Int?
        if size * 8 - reader.bitPosition >= 16 {
            _ = try reader.bits(7)
            if try reader.flag() { complexity = try reader.integer(8) }  // flag_ec3_extension_type_a
        }
        objectComplexity = complexity.flatMap { $0 > 0 ? $0 : nil }
    }

    private static func readSubstream(
        _ reader: inout BitReader
    ) throws(CodecSyntaxError) -> (rate: Int, channels: DolbyChannels) {
        guard let rate = dolbySampleRate(try reader.integer(2)) else {
            throw reader.error(.outOfRange, "fscod is reserved")
        }
        try reader.skip(5 + 1 + 1 + 3)  // bsid, reserved, asvc, bsmod
        let mode = try reader.integer(3)
        var channels = DolbyChannels(codingMode: mode, hasLowFrequency: try reader.flag())
        _ = try reader.bits(3)
        if try reader.integer(4) > 0 {  // num_dep_sub
            channels.add(location: try reader.integer(9))
        } else {
            _ = try reader.flag()
        }
        return (rate, channels)
    }
}
