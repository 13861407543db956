public import MediaModel

/// `stts`: durations of samples as runs (ISO/IEC 14496-12, 8.6.1.2). Empty where samples are in fragments.
public struct TimeToSampleBox: ReadableBox {
    public let type: FourCC = "stts"
    public var entries: [Entry]

    public struct Entry: Sendable, Hashable {
        public var sampleCount: UInt32
        /// In the track's timescale.
        public var duration: UInt32
    }

    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        entries = []
        for _ in 0..<(try input.entryCount(of: 8)) {
            entries.append(Entry(sampleCount: try input.uint32(), duration: try input.uint32()))
        }
    }

    public var fieldsSize: Int { 8 + 8 * entries.count }

    public var fields: [BoxField] {
        entries.map { BoxField("samples", "\($0.sampleCount) x \($0.duration)") }
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: entries.count))
        for entry in entries {
            output.uint32(entry.sampleCount)
            output.uint32(entry.duration)
        }
    }
}
