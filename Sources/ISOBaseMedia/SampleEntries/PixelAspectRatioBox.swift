public import MediaModel

/// `pasp`: the shape of a pixel (ISO/IEC 14496-12, 12.1.4.2).
public struct PixelAspectRatioBox: ReadableBox, Hashable {
    public let type: FourCC = "pasp"
    public var horizontalSpacing: UInt32
    public var verticalSpacing: UInt32

    public init(horizontalSpacing: UInt32, verticalSpacing: UInt32) {
        self.horizontalSpacing = horizontalSpacing
        self.verticalSpacing = verticalSpacing
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        horizontalSpacing = try input.uint32()
        verticalSpacing = try input.uint32()
    }

    public var fieldsSize: Int { 8 }

    public var fields: [BoxField] {
        [BoxField("horizontalSpacing", horizontalSpacing), BoxField("verticalSpacing", verticalSpacing)]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.uint32(horizontalSpacing)
        output.uint32(verticalSpacing)
    }
}
