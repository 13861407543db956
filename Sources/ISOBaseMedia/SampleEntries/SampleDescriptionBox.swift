public import MediaModel

/// `stsd`: how samples are coded, as sample entries (ISO/IEC 14496-12, 8.5.2).
public struct SampleDescriptionBox: ParentBox {
    public let type: FourCC = "stsd"
    public var children: [any Box]

    public init(_ entries: [any Box]) {
        children = entries
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 1)
        try input.skip(4)
        children = []
    }

    public var fieldsSize: Int { 8 }
    public var fields: [BoxField] { [BoxField("entryCount", children.count)] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: children.count))
    }
}
