public import MediaModel

/// `stsc`: how many samples lie together (ISO/IEC 14496-12, 8.7.4; "chunk" is the standard's word here). Empty where
/// samples are in fragments.
public struct SampleToChunkBox: ReadableBox {
    public let type: FourCC = "stsc"
    public var entries: [Entry]

    public struct Entry: Sendable, Hashable {
        /// Counts from 1.
        public var firstChunk: UInt32
        public var samplesPerChunk: UInt32
        public var sampleDescriptionIndex: UInt32
    }

    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        entries = []
        for _ in 0..<(try input.entryCount(of: 12)) {
            entries.append(
                Entry(
                    firstChunk: try input.uint32(), samplesPerChunk: try input.uint32(),
                    sampleDescriptionIndex: try input.uint32()))
        }
    }

    public var fieldsSize: Int { 8 + 12 * entries.count }

    public var fields: [BoxField] {
        entries.map { BoxField("from \($0.firstChunk)", "\($0.samplesPerChunk) of \($0.sampleDescriptionIndex)") }
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: entries.count))
        for entry in entries {
            output.uint32(entry.firstChunk)
            output.uint32(entry.samplesPerChunk)
            output.uint32(entry.sampleDescriptionIndex)
        }
    }
}
