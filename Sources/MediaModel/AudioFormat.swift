/// The rate and layout of an audio track.
public struct AudioFormat: Sendable, Hashable, Codable {
    /// Of the decoded sound, in hertz.
    public var sampleRate: Int
    /// Of the decoded sound, low frequency ones included.
    public var channelCount: Int
    /// The code point of the loudspeakers' layout (ISO/IEC 23091-3, ChannelConfiguration); nil when it has none or is
    /// unknown.
    public var channelConfiguration: Int?
    /// For AC-3 and E-AC-3: the channels as Dolby's bit field (ETSI TS 102 366, table E.1.4; bit 15 is the left one).
    public var dolbyChannels: UInt16?
    /// For E-AC-3 with joint object coding: complexity_index_type_a (ETSI TS 103 420, 8.3.2), how many objects at most.
    public var objectComplexity: Int?
    /// Bits of a sample, as the sample entry says it; nil for 16.
    public var bitsPerSample: Int?

    public init(
        sampleRate: Int, channelCount: Int, channelConfiguration: Int? = nil, dolbyChannels: UInt16? = nil,
        objectComplexity: Int? = nil, bitsPerSample: Int? = nil
    ) {
        self.sampleRate = sampleRate
        self.channelCount = channelCount
        self.channelConfiguration = channelConfiguration
        self.dolbyChannels = dolbyChannels
        self.objectComplexity = objectComplexity
        self.bitsPerSample = bitsPerSample
    }

    var defect: String? {
        if let code = channelConfiguration, !(1...63).contains(code) { return "channel configuration is out of range" }
        if let objects = objectComplexity, !(1...255).contains(objects) { return "object complexity is out of range" }
        if let bits = bitsPerSample, !(1...64).contains(bits) { return "bits of a sample are out of range" }
        return nil
    }
}
