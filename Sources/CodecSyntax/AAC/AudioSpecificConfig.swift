/// AudioSpecificConfig for AAC (ISO/IEC 14496-3, 1.6.2.1 with GASpecificConfig, 4.4.1).
public struct AudioSpecificConfig: Hashable, Sendable {
    /// audioObjectType of the core coder: 1 Main, 2 LC, 3 SSR, 4 LTP.
    public let objectType: Int
    /// The object type that is signalled: as `objectType`, or 5 (SBR) or 29 (PS) when said explicitly, in front of it
    /// or, for decoders that know neither, behind it (1.6.5.2).
    public let signalledObjectType: Int
    /// Of the decoded sound, in hertz: with SBR mostly twice the core coder's.
    public let outputSampleRate: Int
    /// Of the core coder, in hertz.
    public let sampleRate: Int
    /// channelConfiguration (table 1.19); 0 when a program_config_element lists the channels.
    public let channelConfiguration: Int
    /// Channels of the core coder, low frequency ones included.
    public let channelCount: Int
    /// Samples of each channel in a frame: 1024, or 960.
    public let frameLength: Int

    /// Table 1.18.
    static let sampleRates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ]

    /// Table 1.19 by channelConfiguration; 0 is reserved here.
    private static let channelCounts = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8]

    /// Reads the DecoderSpecificInfo of an `esds` box.
    ///
    /// - Throws: when it ends early, has a reserved value, or is of an object type other than AAC's.
    public init(parsing bytes: [UInt8]) throws(CodecSyntaxError) {
        self = try bytes.withRawBytes { (raw) throws(CodecSyntaxError) in
            var reader = BitReader(raw, .audioSpecificConfig, removesEmulationPrevention: false)
            return try AudioSpecificConfig(&reader, size: raw.count)
        }
    }

    private init(_ reader: inout BitReader, size: Int) throws(CodecSyntaxError) {
        let first = try Self.readObjectType(&reader)
        sampleRate = try Self.readSampleRate(&reader)
        channelConfiguration = try reader.integer(4)
        var outer = (type: first, rate: sampleRate)
        if first == 5 || first == 29 {
            outer.rate = try Self.readSampleRate(&reader)  // extensionSamplingFrequency
            objectType = try Self.readObjectType(&reader)
        } else {
            objectType = first
        }
        guard (1...4).contains(objectType) else {
            throw reader.error(.unsupported, "audioObjectType \(objectType) is not AAC")
        }
        frameLength = try reader.flag() ? 960 : 1024
        if try reader.flag() { _ = try reader.bits(14) }  // dependsOnCoreCoder, coreCoderDelay
        _ = try reader.flag()  // extensionFlag: nothing follows for these object types
        if channelConfiguration == 0 {
            channelCount = try reader.readProgramConfigElement()
        } else {
            channelCount =
                Self.channelCounts.indices.contains(channelConfiguration)
                ? Self.channelCounts[channelConfiguration] : 0
        }
        guard channelCount > 0 else { throw reader.error(.outOfRange, "channelConfiguration is reserved") }
        if outer.type == objectType, let behind = Self.readExtension(&reader, size: size) { outer = behind }
        (signalledObjectType, outputSampleRate) = outer
    }

    /// The extension for decoders that know it (1.6.2.1, from syncExtensionType on). What is cut short or unknown is none.
    private static func readExtension(_ reader: inout BitReader, size: Int) -> (type: Int, rate: Int)? {
        guard size * 8 - reader.bitPosition >= 16, (try? reader.bits(11)) == 0x2B7,
            (try? readObjectType(&reader)) == 5, (try? reader.flag()) == true,
            let rate = try? readSampleRate(&reader)
        else { return nil }
        guard size * 8 - reader.bitPosition >= 12, (try? reader.bits(11)) == 0x548, (try? reader.flag()) == true
        else { return (5, rate) }
        return (29, rate)
    }

    /// Channels of the decoded sound: parametric stereo makes two of one.
    public var outputChannelCount: Int { signalledObjectType == 29 && channelCount == 1 ? 2 : channelCount }

    private static func readObjectType(_ reader: inout BitReader) throws(CodecSyntaxError) -> Int {
        let code = try reader.integer(5)
        return code == 31 ? 32 + (try reader.integer(6)) : code
    }

    private static func readSampleRate(_ reader: inout BitReader) throws(CodecSyntaxError) -> Int {
        let index = try reader.integer(4)
        if index == 15 {
            let rate = try reader.integer(24)
            guard (1...768_000).contains(rate) else { throw reader.error(.outOfRange, "samplingFrequency is \(rate)") }
            return rate
        }
        guard sampleRates.indices.contains(index) else {
            throw reader.error(.outOfRange, "samplingFrequencyIndex is reserved")
        }
        return sampleRates[index]
    }
}

extension AudioSpecificConfig {
    /// AAC-LC with frames of 1024 samples.
    ///
    /// - Throws: when table 1.18 lacks the rate or table 1.19 the number of channels.
    public init(lowComplexity sampleRate: Int, channelCount: Int) throws(CodecSyntaxError) {
        guard Self.sampleRates.contains(sampleRate) else {
            throw CodecSyntaxError(.unsupported, .audioSpecificConfig, "no index for \(sampleRate) Hz")
        }
        guard channelCount > 0, let configuration = Self.channelCounts.firstIndex(of: channelCount) else {
            throw CodecSyntaxError(.unsupported, .audioSpecificConfig, "no configuration of \(channelCount) channels")
        }
        objectType = 2
        signalledObjectType = 2
        self.sampleRate = sampleRate
        outputSampleRate = sampleRate
        channelConfiguration = configuration
        self.channelCount = channelCount
        frameLength = 1024
    }

    /// The two bytes that say this; nil when two bytes cannot: a rate without an index, a channel list, an extension.
    public var encoded: [UInt8]? {
        guard let index = Self.sampleRates.firstIndex(of: sampleRate), channelConfiguration > 0,
            signalledObjectType == objectType
        else { return nil }
        let word =
            UInt16(objectType) << 11 | UInt16(index) << 7 | UInt16(channelConfiguration) << 3
            | (frameLength == 960 ? 4 : 0)
        return [UInt8(word >> 8), UInt8(word & 0xFF)]
    }

    /// ChannelConfiguration of ISO/IEC 23091-3, whose first code points are channelConfiguration's; nil for a channel list.
    public var loudspeakerLayout: Int? {
        outputChannelCount != channelCount ? outputChannelCount : channelConfiguration > 0 ? channelConfiguration : nil
    }

    /// The `codecs` parameter of RFC 6381, 3.3, as `mp4a.40.2`.
    public var codecString: String { "mp4a.40.\(signalledObjectType)" }
}
