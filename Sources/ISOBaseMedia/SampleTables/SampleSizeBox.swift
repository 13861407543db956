public import MediaModel

/// `stsz`: sizes of samples (ISO/IEC 14496-12, 8.7.3.2). Empty where samples are in fragments.
public struct SampleSizeBox: ReadableBox {
    public let type: FourCC = "stsz"
    /// One size for all samples, or zero when `sizes` lists them.
    public var commonSize: UInt32
    public var sampleCount: UInt32
    public var sizes: [UInt32]

    public init(sizes: [UInt32] = []) {
        commonSize = 0
        sampleCount = UInt32(clamping: sizes.count)
        self.sizes = sizes
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        commonSize = try input.uint32()
        sizes = []
        guard commonSize == 0 else {
            sampleCount = try input.uint32()
            return
        }
        let count = try input.entryCount(of: 4)
        sampleCount = UInt32(clamping: count)
        for _ in 0..<count { sizes.append(try input.uint32()) }
    }

    public var fieldsSize: Int { 12 + 4 * sizes.count }

    public var fields: [BoxField] {
        [
            BoxField("commonSize", commonSize), BoxField("sampleCount", sampleCount),
        ] + (sizes.isEmpty ? [] : [BoxField("sizes", sizes.map(String.init).joined(separator: " "))])
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(commonSize)
        output.uint32(sampleCount)
        for size in sizes { output.uint32(size) }
    }
}
