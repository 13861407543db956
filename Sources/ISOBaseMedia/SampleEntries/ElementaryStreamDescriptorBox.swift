public import MediaModel

/// `esds`: the MPEG-4 descriptor of an audio track (ISO/IEC 14496-14, 6.7.2; ISO/IEC 14496-1, 7.2.6.5).
public struct ElementaryStreamDescriptorBox: ReadableBox {
    public let type: FourCC = "esds"
    /// 0x40: audio of ISO/IEC 14496-3.
    public var objectType: UInt8
    /// Bits per second; zero when unknown.
    public var maximumBitrate: UInt32
    public var averageBitrate: UInt32
    /// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    public var decoderSpecific: [UInt8]

    public init(
        objectType: UInt8 = 0x40, maximumBitrate: UInt32, averageBitrate: UInt32, decoderSpecific: [UInt8]
    ) {
        self.objectType = objectType
        self.maximumBitrate = maximumBitrate
        self.averageBitrate = averageBitrate
        self.decoderSpecific = decoderSpecific
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        var stream = try input.descriptor(.elementaryStream)
        try stream.skip(2)
        let flags = try stream.uint8()
        if flags & 0x80 != 0 { try stream.skip(2) }
        if flags & 0x40 != 0 { try stream.skip(Int(try stream.uint8())) }
        if flags & 0x20 != 0 { try stream.skip(2) }
        var decoder = try stream.descriptor(.decoderConfiguration)
        objectType = try decoder.uint8()
        try decoder.skip(4)
        maximumBitrate = try decoder.uint32()
        averageBitrate = try decoder.uint32()
        // MP3 in MP4 has none; whoever needs it says what codec it is.
        if decoder.remaining > 0 {
            var specific = try decoder.descriptor(.decoderSpecific)
            decoderSpecific = specific.rest()
        } else {
            decoderSpecific = []
        }
        _ = input.rest()
    }

    private var specificSize: Int { DescriptorTag.size(decoderSpecific.count) }
    private var decoderSize: Int { 13 + specificSize }
    // ES_ID and flags, the decoder's configuration, SLConfigDescriptor of 3 bytes.
    private var streamSize: Int { 3 + DescriptorTag.size(decoderSize) + 3 }

    public var fieldsSize: Int { 4 + DescriptorTag.size(streamSize) }

    public var fields: [BoxField] {
        [
            BoxField("objectType", objectType), BoxField("maximumBitrate", maximumBitrate),
            BoxField("averageBitrate", averageBitrate), BoxField("decoderSpecific", bytes: decoderSpecific),
        ]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.descriptor(.elementaryStream, count: streamSize)
        output.zeros(3)
        output.descriptor(.decoderConfiguration, count: decoderSize)
        output.uint8(objectType)
        output.uint8(0x15)  // audio stream, reserved bit
        output.uint24(0)
        output.uint32(maximumBitrate)
        output.uint32(averageBitrate)
        output.descriptor(.decoderSpecific, count: decoderSpecific.count)
        output.append(contentsOf: decoderSpecific)
        output.descriptor(.synchronizationLayer, count: 1)
        output.uint8(2)  // as MP4 files have it
    }
}

/// Tags of ISO/IEC 14496-1, 7.2.2.1.
enum DescriptorTag: UInt8 {
    case elementaryStream = 3
    case decoderConfiguration = 4
    case decoderSpecific = 5
    case synchronizationLayer = 6

    /// Bytes of a descriptor with `count` bytes of content: tag, length in groups of 7 bits, content.
    static func size(_ count: Int) -> Int {
        1 + lengthSize(count) + count
    }

    static func lengthSize(_ count: Int) -> Int {
        count < 0x80 ? 1 : count < 0x4000 ? 2 : count < 0x20_0000 ? 3 : 4
    }
}

extension ByteOutput {
    fileprivate mutating func descriptor(_ tag: DescriptorTag, count: Int) {
        uint8(tag.rawValue)
        for group in (0..<DescriptorTag.lengthSize(count)).reversed() {
            uint8(UInt8(truncatingIfNeeded: count >> (7 * group)) & 0x7F | (group > 0 ? 0x80 : 0))
        }
    }
}

extension ByteInput {
    fileprivate mutating func descriptor(_ tag: DescriptorTag) throws(BoxError) -> ByteInput {
        let at = position
        guard try uint8() == tag.rawValue else {
            throw BoxError(.invalid("descriptor \(tag.rawValue) is missing"), at: at)
        }
        var count = 0
        for _ in 0..<4 {
            let group = try uint8()
            count = count << 7 | Int(group & 0x7F)
            if group & 0x80 == 0 { return try part(count) }
        }
        throw BoxError(.invalid("the length of a descriptor goes on beyond 4 bytes"), at: at)
    }
}
