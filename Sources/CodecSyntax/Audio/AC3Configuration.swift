/// AC3SpecificBox (ETSI TS 102 366, F.4): the payload of `dac3`.
public struct AC3Configuration: Hashable, Sendable {
    /// In hertz.
    public let sampleRate: Int
    /// bsid: 8, or less.
    public let bitstreamID: Int
    /// bsmod: 0 main.
    public let service: Int
    /// acmod, 0 to 7.
    public let codingMode: Int
    /// bit_rate_code (table F.4.1).
    public let bitrateCode: Int
    /// Where its channels sound.
    public let channels: DolbyChannels

    /// - Throws: when it ends early or the sample rate is reserved.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .ac3Configuration, removesEmulationPrevention: false)
            return try AC3Configuration(&reader)
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard let rate = dolbySampleRate(try reader.integer(2)) else {
            throw reader.error(.outOfRange, "fscod is reserved")
        }
        sampleRate = rate
        bitstreamID = try reader.integer(5)
        service = try reader.integer(3)
        codingMode = try reader.integer(3)
        channels = DolbyChannels(codingMode: codingMode, hasLowFrequency: try reader.flag())
        bitrateCode = try reader.integer(5)
        _ = try reader.bits(5)
    }
}
