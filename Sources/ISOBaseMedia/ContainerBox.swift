public import MediaModel

/// A box that holds only boxes: `moov trak mdia minf dinf stbl mvex edts` (ISO/IEC 14496-12, clause 8), `moof traf` (8.8),
/// `sinf schi` (8.12).
public struct ContainerBox: ParentBox {
    public var type: FourCC
    public var children: [any Box]

    public init(_ type: FourCC, _ children: [any Box]) {
        self.type = type
        self.children = children
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        self.init(type, [])
    }

    public var fieldsSize: Int { 0 }
    public var fields: [BoxField] { [] }

    public func writeFields(to output: inout ByteOutput) {}
}
