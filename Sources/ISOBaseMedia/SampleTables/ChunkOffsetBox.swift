public import MediaModel

/// `stco`: where samples lie in the file (ISO/IEC 14496-12, 8.7.5). Empty where samples are in fragments.
public struct ChunkOffsetBox: ReadableBox {
    public let type: FourCC = "stco"
    /// In bytes from the start of the file.
    public var offsets: [UInt32]

    public init(offsets: [UInt32] = []) {
        self.offsets = offsets
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        offsets = []
        for _ in 0..<(try input.entryCount(of: 4)) { offsets.append(try input.uint32()) }
    }

    public var fieldsSize: Int { 8 + 4 * offsets.count }

    public var fields: [BoxField] {
        offsets.isEmpty ? [] : [BoxField("offsets", offsets.map(String.init).joined(separator: " "))]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: offsets.count))
        for offset in offsets { output.uint32(offset) }
    }
}
