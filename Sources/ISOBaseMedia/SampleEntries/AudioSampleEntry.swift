public import MediaModel

/// The sample entry of audio, as `mp4a` or protected `enca` (ISO/IEC 14496-12, 12.2.3).
public struct AudioSampleEntry: ParentBox {
    public var type: FourCC
    public var dataReferenceIndex: UInt16
    public var channelCount: UInt16
    /// samplesize: 16 but for codecs whose binding says otherwise.
    public var bitsPerSample: UInt16 = 16
    /// In hertz; zero when it does not fit 16 bits (the decoder's configuration says it).
    public var sampleRate: UInt16
    public var children: [any Box]

    public init(_ type: FourCC, channelCount: UInt16, sampleRate: UInt16, children: [any Box]) {
        self.type = type
        dataReferenceIndex = 1
        self.channelCount = channelCount
        self.sampleRate = sampleRate
        self.children = children
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        self.type = type
        try input.skip(6)
        dataReferenceIndex = try input.uint16()
        let at = input.position
        // QuickTime's versions 1 and 2 have more fields and are not ISO files.
        guard try input.uint16() == 0 else { throw BoxError(.invalid("a QuickTime sound description"), at: at) }
        try input.skip(6)
        channelCount = try input.uint16()
        bitsPerSample = try input.uint16()
        try input.skip(4)
        sampleRate = try input.uint16()
        try input.skip(2)
        children = []
    }

    public var fieldsSize: Int { 28 }

    public var fields: [BoxField] {
        [
            BoxField("dataReferenceIndex", dataReferenceIndex), BoxField("channelCount", channelCount),
            BoxField("sampleRate", sampleRate),
        ] + (bitsPerSample == 16 ? [] : [BoxField("bitsPerSample", bitsPerSample)])
    }

    public func writeFields(to output: inout ByteOutput) {
        output.zeros(6)
        output.uint16(dataReferenceIndex)
        output.zeros(8)
        output.uint16(channelCount)
        output.uint16(bitsPerSample)
        output.zeros(4)
        output.uint16(sampleRate)  // 16.16 fixed point
        output.zeros(2)
    }
}
