public import MediaModel

/// `tfhd`: the defaults of a track's samples in one fragment (ISO/IEC 14496-12, 8.8.7).
public struct TrackFragmentHeaderBox: ReadableBox {
    public let type: FourCC = "tfhd"
    public var trackID: UInt32
    /// Offsets count from here, in bytes; nil with `defaultBaseIsMoof`.
    public var baseDataOffset: UInt64?
    public var sampleDescriptionIndex: UInt32?
    public var sampleDuration: UInt32?
    public var sampleSize: UInt32?
    public var sampleFlags: SampleFlags?
    public var durationIsEmpty = false
    /// Offsets count from the start of `moof`: CMAF asks for it (ISO/IEC 23000-19, 7.5.16).
    public var defaultBaseIsMoof = true

    public init(
        trackID: UInt32, sampleDuration: UInt32? = nil, sampleSize: UInt32? = nil, sampleFlags: SampleFlags? = nil
    ) {
        self.trackID = trackID
        self.sampleDuration = sampleDuration
        self.sampleSize = sampleSize
        self.sampleFlags = sampleFlags
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let flags = try input.version(upTo: 0).flags
        trackID = try input.uint32()
        baseDataOffset = flags & 0x01 != 0 ? try input.uint64() : nil
        sampleDescriptionIndex = flags & 0x02 != 0 ? try input.uint32() : nil
        sampleDuration = flags & 0x08 != 0 ? try input.uint32() : nil
        sampleSize = flags & 0x10 != 0 ? try input.uint32() : nil
        sampleFlags = flags & 0x20 != 0 ? SampleFlags(rawValue: try input.uint32()) : nil
        durationIsEmpty = flags & 0x01_0000 != 0
        defaultBaseIsMoof = flags & 0x02_0000 != 0
    }

    private var optional: [UInt32?] { [sampleDescriptionIndex, sampleDuration, sampleSize, sampleFlags?.rawValue] }

    private var flags: UInt32 {
        let present = zip([0x02, 0x08, 0x10, 0x20] as [UInt32], optional).reduce(UInt32(0)) {
            $1.1 == nil ? $0 : $0 | $1.0
        }
        return present | (baseDataOffset == nil ? 0 : 0x01) | (durationIsEmpty ? 0x01_0000 : 0)
            | (defaultBaseIsMoof ? 0x02_0000 : 0)
    }

    public var fieldsSize: Int {
        8 + (baseDataOffset == nil ? 0 : 8) + 4 * optional.count { $0 != nil }
    }

    public var fields: [BoxField] {
        [
            BoxField("trackID", trackID), BoxField("defaultBaseIsMoof", defaultBaseIsMoof),
            baseDataOffset.map { BoxField("baseDataOffset", $0) },
            sampleDescriptionIndex.map { BoxField("sampleDescriptionIndex", $0) },
            sampleDuration.map { BoxField("sampleDuration", $0) }, sampleSize.map { BoxField("sampleSize", $0) },
            sampleFlags.map { BoxField("sampleFlags", $0) },
        ].compactMap { $0 }
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0, flags: flags)
        output.uint32(trackID)
        if let baseDataOffset { output.uint64(baseDataOffset) }
        for value in optional.compactMap({ $0 }) { output.uint32(value) }
    }
}
