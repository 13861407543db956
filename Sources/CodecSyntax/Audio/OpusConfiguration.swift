/// OpusSpecificBox (Encapsulation of Opus in ISO base media file format 0.8.1, 4.3.2): the payload of `dOps`.
public struct OpusConfiguration: Hashable, Sendable {
    /// OutputChannelCount, at least 1.
    public let channelCount: Int
    /// PreSkip, in samples of 48 kHz.
    public let preSkip: Int
    /// ChannelMappingFamily: 0 mono or stereo, 1 the order of Vorbis.
    public let mappingFamily: Int

    /// Opus always decodes to this rate.
    public static let sampleRate = 48_000

    /// - Throws: when it ends early, has a version other than 0 or no channel.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .opusConfiguration, removesEmulationPrevention: false)
            return try OpusConfiguration(&reader)
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.bits(8) == 0 else { throw reader.error(.unsupported, "Version is not 0") }
        channelCount = try reader.integer(8)
        guard channelCount > 0 else { throw reader.error(.outOfRange, "OutputChannelCount is 0") }
        preSkip = try reader.integer(16)
        try reader.skip(32 + 16)  // InputSampleRate, OutputGain
        mappingFamily = try reader.integer(8)
        guard mappingFamily > 0 else {
            guard channelCount <= 2 else { throw reader.error(.inconsistent, "ChannelMappingFamily is 0") }
            return
        }
        // StreamCount, CoupledCount, ChannelMapping
        try reader.skip(16 + 8 * channelCount)
    }

    /// ChannelConfiguration of ISO/IEC 23091-3; nil for families without loudspeakers.
    public var loudspeakerLayout: Int? {
        mappingFamily <= 1 ? LoudspeakerLayout.ofUsualOrder(channelCount) : nil
    }
}

/// Layouts by their number of channels where a codec has one for each: Opus (RFC 7845, 5.1.1.2) and FLAC (RFC 9639,
/// 9.1.3) agree.
enum LoudspeakerLayout {
    /// Mono, stereo, 3/0, 2/2, 3/2, 5.1, 6.1, 7.1 with back loudspeakers.
    static func ofUsualOrder(_ channelCount: Int) -> Int? {
        let layouts = [1, 2, 3, 10, 5, 6, 11, 12]
        return layouts.indices.contains(channelCount - 1) ? layouts[channelCount - 1] : nil
    }
}
