public import MediaModel

/// `mvhd`: the timescale and length of the movie (ISO/IEC 14496-12, 8.2.2). Creation times are written as zero: the
/// same track gives the same bytes.
public struct MovieHeaderBox: ReadableBox {
    public let type: FourCC = "mvhd"
    public var timescale: UInt32
    /// In the timescale; zero when the movie is in fragments.
    public var duration: UInt64
    public var nextTrackID: UInt32

    public init(timescale: UInt32, duration: UInt64 = 0, nextTrackID: UInt32) {
        self.timescale = timescale
        self.duration = duration
        self.nextTrackID = nextTrackID
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        try input.skip(version == 1 ? 16 : 8)
        timescale = try input.uint32()
        duration = version == 1 ? try input.uint64() : UInt64(try input.uint32())
        try input.skip(76)
        nextTrackID = try input.uint32()
    }

    private var isLong: Bool { duration > UInt64(UInt32.max) }

    public var fieldsSize: Int { isLong ? 112 : 100 }

    public var fields: [BoxField] {
        [BoxField("timescale", timescale), BoxField("duration", duration), BoxField("nextTrackID", nextTrackID)]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(isLong ? 1 : 0)
        output.zeros(isLong ? 16 : 8)
        output.uint32(timescale)
        output.duration(duration, isLong: isLong)
        output.uint32(0x0001_0000)  // rate 1.0
        output.uint16(0x0100)  // volume 1.0
        output.zeros(10)
        output.unityMatrix()
        output.zeros(24)
        output.uint32(nextTrackID)
    }
}

extension ByteOutput {
    /// The identity of 8.2.2.2.
    mutating func unityMatrix() {
        for value: UInt32 in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] { uint32(value) }
    }

    mutating func duration(_ value: UInt64, isLong: Bool) {
        if isLong { uint64(value) } else { uint32(UInt32(truncatingIfNeeded: value)) }
    }
}
