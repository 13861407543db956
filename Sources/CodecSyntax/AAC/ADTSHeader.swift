/// adts_fixed_header() and adts_variable_header() (ISO/IEC 14496-3, 1.A.2.2): what precedes each AAC frame in MPEG-TS.
public struct ADTSHeader: Hashable, Sendable {
    /// Bytes of a header without a checksum.
    public static let length = 7
    /// Longest frame that aac_frame_length counts, header included.
    public static let maximumFrameLength = 8191

    /// The bits in front of aac_frame_length.
    private let fixed: UInt64

    /// - Throws: when ADTS cannot say what the configuration does: a sampling rate without an index, channels listed
    ///   one by one or more than eight of them, frames of 960 samples.
    public init(_ configuration: AudioSpecificConfig) throws(CodecSyntaxError) {
        guard let index = AudioSpecificConfig.sampleRates.firstIndex(of: configuration.sampleRate) else {
            throw CodecSyntaxError(.unsupported, .adts, "no index for \(configuration.sampleRate) Hz")
        }
        guard (1...7).contains(configuration.channelConfiguration) else {
            throw CodecSyntaxError(
                .unsupported, .adts, "channelConfiguration is \(configuration.channelConfiguration)")
        }
        guard configuration.frameLength == 1024 else {
            throw CodecSyntaxError(.unsupported, .adts, "frames of \(configuration.frameLength) samples")
        }
        // syncword, ID 0 (MPEG-4), layer 0, protection_absent 1
        fixed =
            0xFFF1 << 40 | UInt64(configuration.objectType - 1) << 38 | UInt64(index) << 34
            | UInt64(configuration.channelConfiguration) << 30
    }

    /// The header of a frame.
    ///
    /// - Parameter payloadLength: bytes of the frame behind the header.
    /// - Throws: when the frame is empty or too long for aac_frame_length.
    public func bytes(payloadLength: Int) throws(CodecSyntaxError) -> [UInt8] {
        guard payloadLength > 0, payloadLength <= Self.maximumFrameLength - Self.length else {
            throw CodecSyntaxError(.outOfRange, .adts, "a frame of \(payloadLength) bytes")
        }
        // adts_buffer_fullness 0x7FF: variable rate; one raw data block.
        let word = fixed | UInt64(payloadLength + Self.length) << 13 | 0x7FF << 2
        return stride(from: 48, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
}
