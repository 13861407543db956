/// FLACSpecificBox (Encapsulation of FLAC in ISO base media file format 0.0.4, 3.3.2): the payload of `dfLa`, version and
/// flags included. The first metadata block is STREAMINFO (RFC 9639, 8.2).
public struct FLACConfiguration: Hashable, Sendable {
    /// In hertz.
    public let sampleRate: Int
    public let channelCount: Int
    public let bitsPerSample: Int

    /// - Throws: when it ends early, has a version other than 0, or does not begin with STREAMINFO.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .flacConfiguration, removesEmulationPrevention: false)
            return try FLACConfiguration(&reader)
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.bits(8) == 0 else { throw reader.error(.unsupported, "version is not 0") }
        _ = try reader.bits(24)
        guard try reader.bits(8) & 0x7F == 0, try reader.bits(24) == 34 else {
            throw reader.error(.inconsistent, "the first metadata block is not STREAMINFO")
        }
        try reader.skip(16 + 16 + 24 + 24)  // sizes of blocks and frames
        sampleRate = try reader.integer(20)
        guard sampleRate > 0 else { throw reader.error(.outOfRange, "the sample rate is 0") }
        channelCount = try reader.integer(3) + 1
        bitsPerSample = try reader.integer(5) + 1
        guard bitsPerSample >= 4 else { throw reader.error(.outOfRange, "\(bitsPerSample) bits a sample") }
        try reader.skip(36 + 128)  // number of samples, MD5
    }

    /// ChannelConfiguration of ISO/IEC 23091-3.
    public var loudspeakerLayout: Int? { LoudspeakerLayout.ofUsualOrder(channelCount) }
}
