public import MediaModel

/// `ctts`: presentation time less decode time of samples as runs (ISO/IEC 14496-12, 8.6.1.3). Written with offsets that are
/// not negative, which every reader knows.
public struct CompositionOffsetBox: Box {
    public let type: FourCC = "ctts"
    public var entries: [Entry]

    public struct Entry: Sendable, Hashable {
        public var sampleCount: UInt32
        /// In the track's timescale.
        public var offset: UInt32
    }

    public init(_ entries: [Entry]) {
        self.entries = entries
    }

    public var fieldsSize: Int { 8 + 8 * entries.count }
    public var fields: [BoxField] { entries.map { BoxField("samples", "\($0.sampleCount) + \($0.offset)") } }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: entries.count))
        for entry in entries {
            output.uint32(entry.sampleCount)
            output.uint32(entry.offset)
        }
    }
}

/// `stss`: the samples that a decoder can start with (ISO/IEC 14496-12, 8.6.2). Without it, all of them.
public struct SyncSampleBox: Box {
    public let type: FourCC = "stss"
    /// Count from 1.
    public var numbers: [UInt32]

    public init(_ numbers: [UInt32]) {
        self.numbers = numbers
    }

    public var fieldsSize: Int { 8 + 4 * numbers.count }
    public var fields: [BoxField] { [BoxField("numbers", numbers.map(String.init).joined(separator: " "))] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: numbers.count))
        for number in numbers { output.uint32(number) }
    }
}

/// `co64`: where samples lie in a file that is longer than 4 GiB (ISO/IEC 14496-12, 8.7.5).
public struct LargeChunkOffsetBox: Box {
    public let type: FourCC = "co64"
    /// In bytes from the start of the file.
    public var offsets: [UInt64]

    public init(_ offsets: [UInt64]) {
        self.offsets = offsets
    }

    public var fieldsSize: Int { 8 + 8 * offsets.count }
    public var fields: [BoxField] { [BoxField("offsets", offsets.map(String.init).joined(separator: " "))] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(UInt32(clamping: offsets.count))
        for offset in offsets { output.uint64(offset) }
    }
}
