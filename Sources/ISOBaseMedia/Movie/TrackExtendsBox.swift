public import MediaModel

/// `trex`: the defaults of a track's fragments (ISO/IEC 14496-12, 8.8.3). Keyway's fragments name their own defaults.
public struct TrackExtendsBox: ReadableBox {
    public let type: FourCC = "trex"
    public var trackID: UInt32
    public var sampleDescriptionIndex: UInt32
    public var sampleDuration: UInt32
    public var sampleSize: UInt32
    public var sampleFlags: SampleFlags

    public init(
        trackID: UInt32, sampleDescriptionIndex: UInt32 = 1, sampleDuration: UInt32 = 0, sampleSize: UInt32 = 0,
        sampleFlags: SampleFlags = SampleFlags(rawValue: 0)
    ) {
        self.trackID = trackID
        self.sampleDescriptionIndex = sampleDescriptionIndex
        self.sampleDuration = sampleDuration
        self.sampleSize = sampleSize
        self.sampleFlags = sampleFlags
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        trackID = try input.uint32()
        sampleDescriptionIndex = try input.uint32()
        sampleDuration = try input.uint32()
        sampleSize = try input.uint32()
        sampleFlags = SampleFlags(rawValue: try input.uint32())
    }

    public var fieldsSize: Int { 24 }

    public var fields: [BoxField] {
        [
            BoxField("trackID", trackID), BoxField("sampleDescriptionIndex", sampleDescriptionIndex),
            BoxField("sampleDuration", sampleDuration), BoxField("sampleSize", sampleSize),
            BoxField("sampleFlags", sampleFlags),
        ]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.uint32(trackID)
        output.uint32(sampleDescriptionIndex)
        output.uint32(sampleDuration)
        output.uint32(sampleSize)
        output.uint32(sampleFlags.rawValue)
    }
}
