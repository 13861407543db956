public import MediaModel

/// `mdat`: the samples (ISO/IEC 14496-12, 8.1.1). The bytes themselves stay where they are: a reader gets their number
/// here and their place from `LocatedBox`, and a writer writes the header and sends the samples after it.
public struct MediaDataBox: ReadableBox {
    public let type: FourCC = "mdat"
    /// Bytes of sample data after the header.
    public var byteCount: Int

    public init(byteCount: Int) {
        self.byteCount = byteCount
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        byteCount = input.remaining
        try input.skip(byteCount)
    }

    /// Bytes of the header that `write(header:)` makes.
    public static let headerSize = 8

    /// The box header alone; the samples follow it.
    public func writeHeader(to output: inout ByteOutput) {
        output.uint32(UInt32(clamping: Self.headerSize + byteCount))
        output.fourCC(type)
    }

    public var fieldsSize: Int { byteCount }
    public var fields: [BoxField] { [BoxField("byteCount", byteCount)] }

    /// Zeros of the right number: only a whole box written by `serialized()` asks for this.
    public func writeFields(to output: inout ByteOutput) {
        output.zeros(byteCount)
    }
}
