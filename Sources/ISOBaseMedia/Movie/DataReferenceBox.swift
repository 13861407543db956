public import MediaModel

/// `dref`: where a track's media is (ISO/IEC 14496-12, 8.7.2).
public struct DataReferenceBox: ParentBox {
    public let type: FourCC = "dref"
    public var children: [any Box]

    /// One entry that says: in this file.
    public init(_ children: [any Box] = [DataEntryURLBox()]) {
        self.children = children
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        try input.skip(4)
        children = []
    }

    public var fieldsSize: Int { 8 }
    public var fields: [BoxField] { [] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: children.count))
    }
}
