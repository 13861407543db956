public import MediaModel

/// `frma`: the sample entry that a protected one stands for (ISO/IEC 14496-12, 8.12.3).
public struct OriginalFormatBox: ReadableBox {
    public let type: FourCC = "frma"
    public var format: FourCC

    public init(format: FourCC) {
        self.format = format
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        format = try input.fourCC()
    }

    public var fieldsSize: Int { 4 }
    public var fields: [BoxField] { [BoxField("format", format)] }

    public func writeFields(to output: inout ByteOutput) {
        output.fourCC(format)
    }
}
