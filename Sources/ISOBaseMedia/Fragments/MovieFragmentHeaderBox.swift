public import MediaModel

/// `mfhd`: the fragment's place in the sequence (ISO/IEC 14496-12, 8.8.5).
public struct MovieFragmentHeaderBox: ReadableBox {
    public let type: FourCC = "mfhd"
    /// Grows from fragment to fragment.
    public var sequenceNumber: UInt32

    public init(sequenceNumber: UInt32) {
        self.sequenceNumber = sequenceNumber
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        sequenceNumber = try input.uint32()
    }

    public var fieldsSize: Int { 8 }
    public var fields: [BoxField] { [BoxField("sequenceNumber", sequenceNumber)] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(sequenceNumber)
    }
}
