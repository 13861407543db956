public import MediaModel

/// `tkhd`: a track's id and the size it is shown at (ISO/IEC 14496-12, 8.3.2).
public struct TrackHeaderBox: ReadableBox {
    public let type: FourCC = "tkhd"
    /// Bits: 1 enabled, 2 in the movie, 4 in its preview.
    public var flags: UInt32
    public var trackID: UInt32
    /// In the movie's timescale; zero when the track is in fragments.
    public var duration: UInt64
    /// 8.8 fixed point: 0x0100 for audio, 0 for anything else.
    public var volume: UInt16
    /// Pixels as 16.16 fixed point.
    public var width: UInt32
    public var height: UInt32
    /// How pictures are turned.
    public var matrix: TransformationMatrix

    public init(
        trackID: UInt32, flags: UInt32 = 7, duration: UInt64 = 0, volume: UInt16 = 0, width: UInt32 = 0,
        height: UInt32 = 0, matrix: TransformationMatrix = .identity
    ) {
        self.flags = flags
        self.trackID = trackID
        self.duration = duration
        self.volume = volume
        self.width = width
        self.height = height
        self.matrix = matrix
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let (version, flags) = try input.version(upTo: 1)
        self.flags = flags
        try input.skip(version == 1 ? 16 : 8)
        trackID = try input.uint32()
        try input.skip(4)
        duration = version == 1 ? try input.uint64() : UInt64(try input.uint32())
        try input.skip(12)
        volume = try input.uint16()
        try input.skip(2)
        matrix = try TransformationMatrix(reading: &input)
        width = try input.uint32()
        height = try input.uint32()
    }

    private var isLong: Bool { duration > UInt64(UInt32.max) }

    public var fieldsSize: Int { isLong ? 96 : 84 }

    public var fields: [BoxField] {
        [
            BoxField("flags", flags), BoxField("trackID", trackID), BoxField("duration", duration),
            BoxField("volume", volume), BoxField("width", Double(width) / 65_536),
            BoxField("height", Double(height) / 65_536),
        ]
            + (matrix == .identity
                ? [] : [BoxField("matrix", matrix.values.map(String.init).joined(separator: " "))])
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(isLong ? 1 : 0, flags: flags)
        output.zeros(isLong ? 16 : 8)
        output.uint32(trackID)
        output.zeros(4)
        output.duration(duration, isLong: isLong)
        output.zeros(12)
        output.uint16(volume)
        output.zeros(2)
        matrix.write(to: &output)
        output.uint32(width)
        output.uint32(height)
    }
}
