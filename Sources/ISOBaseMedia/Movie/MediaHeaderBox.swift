public import MediaModel

/// `mdhd`: a track's timescale and language (ISO/IEC 14496-12, 8.4.2).
public struct MediaHeaderBox: ReadableBox {
    public let type: FourCC = "mdhd"
    public var timescale: UInt32
    /// In the timescale; zero when the track is in fragments.
    public var duration: UInt64
    /// Three letters of ISO 639-2/T, packed in 5 bits each.
    public var packedLanguage: UInt16

    public init(timescale: UInt32, duration: UInt64 = 0, packedLanguage: UInt16) {
        self.timescale = timescale
        self.duration = duration
        self.packedLanguage = packedLanguage
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        try input.skip(version == 1 ? 16 : 8)
        timescale = try input.uint32()
        duration = version == 1 ? try input.uint64() : UInt64(try input.uint32())
        packedLanguage = try input.uint16()
        try input.skip(2)
    }

    /// The language's three letters; `und` when it is not known or the code is not one.
    public var language: String {
        let text = LanguageCode.unpacked(packedLanguage)
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) } ? text : "und"
    }

    private var isLong: Bool { duration > UInt64(UInt32.max) }

    public var fieldsSize: Int { isLong ? 36 : 24 }

    public var fields: [BoxField] {
        [
            BoxField("timescale", timescale), BoxField("duration", duration),
            BoxField("language", LanguageCode.unpacked(packedLanguage)),
        ]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(isLong ? 1 : 0)
        output.zeros(isLong ? 16 : 8)
        output.uint32(timescale)
        output.duration(duration, isLong: isLong)
        output.uint16(packedLanguage)
        output.zeros(2)
    }
}
