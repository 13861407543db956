public import MediaModel

/// `saio`: where the samples' encryption information is (ISO/IEC 14496-12, 8.7.9). In a fragment with
/// default-base-is-moof, offsets count from the start of `moof`.
public struct SampleAuxiliaryOffsetsBox: ReadableBox {
    public let type: FourCC = "saio"
    public var kind: SampleAuxiliaryKind?
    /// In bytes.
    public var offsets: [UInt64]

    public init(offsets: [UInt64]) {
        kind = nil
        self.offsets = offsets
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let (version, flags) = try input.version(upTo: 1)
        kind = flags & 1 == 1 ? try SampleAuxiliaryKind(reading: &input) : nil
        offsets = []
        for _ in 0..<(try input.entryCount(of: version == 1 ? 8 : 4)) {
            offsets.append(version == 1 ? try input.uint64() : UInt64(try input.uint32()))
        }
    }

    private var isLong: Bool { offsets.contains { $0 > UInt64(UInt32.max) } }

    public var fieldsSize: Int { 8 + (kind == nil ? 0 : 8) + (isLong ? 8 : 4) * offsets.count }
    public var fields: [BoxField] { offsets.map { BoxField("offset", $0) } }

    public func writeFields(to output: inout ByteOutput) {
        let isLong = isLong
        output.version(isLong ? 1 : 0, flags: kind == nil ? 0 : 1)
        kind?.write(to: &output)
        output.uint32(UInt32(clamping: offsets.count))
        for offset in offsets { output.duration(offset, isLong: isLong) }
    }
}
