public import MediaModel

/// `vmhd`: says that a track is video (ISO/IEC 14496-12, 12.1.2). Its graphics mode is always copy.
public struct VideoMediaHeaderBox: ReadableBox {
    public let type: FourCC = "vmhd"

    public init() {}

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        try input.skip(8)
    }

    public var fieldsSize: Int { 12 }
    public var fields: [BoxField] { [] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0, flags: 1)
        output.zeros(8)
    }
}
