public import MediaModel

/// The sample entry of video, as `avc1` or protected `encv` (ISO/IEC 14496-12, 12.1.3).
public struct VisualSampleEntry: ParentBox {
    public var type: FourCC
    public var dataReferenceIndex: UInt16
    /// In pixels.
    public var width: UInt16
    public var height: UInt16
    public var children: [any Box]

    public init(_ type: FourCC, width: UInt16, height: UInt16, children: [any Box]) {
        self.type = type
        dataReferenceIndex = 1
        self.width = width
        self.height = height
        self.children = children
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        self.type = type
        try input.skip(6)
        dataReferenceIndex = try input.uint16()
        try input.skip(16)
        width = try input.uint16()
        height = try input.uint16()
        try input.skip(50)
        children = []
    }

    public var fieldsSize: Int { 78 }

    public var fields: [BoxField] {
        [
            BoxField("dataReferenceIndex", dataReferenceIndex), BoxField("width", width), BoxField("height", height),
        ]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.zeros(6)
        output.uint16(dataReferenceIndex)
        output.zeros(16)
        output.uint16(width)
        output.uint16(height)
        output.uint32(0x0048_0000)  // 72 dots per inch
        output.uint32(0x0048_0000)
        output.zeros(4)
        output.uint16(1)  // frames a sample
        output.zeros(32)  // compressor's name
        output.uint16(0x0018)  // colour without alpha
        output.uint16(0xFFFF)  // pre_defined = -1
    }
}
