public import MediaModel

/// `tfdt`: decode time of the fragment's first sample (ISO/IEC 14496-12, 8.8.12). Always written as version 1.
public struct TrackFragmentDecodeTimeBox: ReadableBox {
    public let type: FourCC = "tfdt"
    /// In the track's timescale.
    public var decodeTime: UInt64

    public init(decodeTime: UInt64) {
        self.decodeTime = decodeTime
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        decodeTime = version == 1 ? try input.uint64() : UInt64(try input.uint32())
    }

    public var fieldsSize: Int { 12 }
    public var fields: [BoxField] { [BoxField("decodeTime", decodeTime)] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(1)
        output.uint64(decodeTime)
    }
}
