public import MediaModel

/// `smhd`: says that a track is audio (ISO/IEC 14496-12, 12.2.2). Its balance is always the middle.
public struct SoundMediaHeaderBox: ReadableBox {
    public let type: FourCC = "smhd"

    public init() {}

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        try input.skip(4)
    }

    public var fieldsSize: Int { 8 }
    public var fields: [BoxField] { [] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.zeros(4)
    }
}
