public import MediaModel

/// `elst`: which parts of a track's media are shown when (ISO/IEC 14496-12, 8.6.6). Keyway reads edit lists and writes none.
public struct EditListBox: ReadableBox {
    public let type: FourCC = "elst"
    public var entries: [Entry]

    public struct Entry: Sendable, Hashable {
        /// In the movie's timescale.
        public var duration: UInt64
        /// In the track's timescale; -1: nothing is shown for the duration.
        public var mediaTime: Int64
        /// 16.16 fixed point.
        public var rate: UInt32

        public init(duration: UInt64, mediaTime: Int64, rate: UInt32 = 0x0001_0000) {
            self.duration = duration
            self.mediaTime = mediaTime
            self.rate = rate
        }

        public var isEmpty: Bool { mediaTime == -1 }
        public var rateIsOne: Bool { rate == 0x0001_0000 }
    }

    public init(_ entries: [Entry]) {
        self.entries = entries
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        entries = []
        for _ in 0..<(try input.entryCount(of: version == 1 ? 20 : 12)) {
            let duration = version == 1 ? try input.uint64() : UInt64(try input.uint32())
            let mediaTime = version == 1 ? Int64(bitPattern: try input.uint64()) : Int64(try input.int32())
            entries.append(Entry(duration: duration, mediaTime: mediaTime, rate: try input.uint32()))
        }
    }

    public var fieldsSize: Int { 8 + 20 * entries.count }

    public var fields: [BoxField] {
        entries.map { BoxField("edit", "\($0.duration) from \($0.mediaTime)") }
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(1)
        output.uint32(UInt32(clamping: entries.count))
        for entry in entries {
            output.uint64(entry.duration)
            output.uint64(UInt64(bitPattern: entry.mediaTime))
            output.uint32(entry.rate)
        }
    }
}
