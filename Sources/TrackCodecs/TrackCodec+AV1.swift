import CodecSyntax
import MediaModel

extension TrackCodec {
    /// `av01` (AV1 binding, 2.2).
    static func av1(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("av1C")
        let configuration = try AV1Configuration(parsing: record)
        let size = try entry.size()
        let colour = entry.colour
        let dolbyVision = try DolbyVision(entry)
        let picture = CodedPicture(
            // The sample entry's are anybody's: what has a key by its lines goes by those that are coded.
            width: configuration.sequence?.width ?? size.width, height: configuration.sequence?.height ?? size.height,
            colour: colour ?? configuration.sequence?.colour.meaning.map(VideoColour.init),
            bitDepth: configuration.bitDepth, pixelShape: entry.pixelShape)
        return TrackCodec(
            video: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: record,
                codecString: "\(entry.format)."
                    + configuration.codecString(colour: colour.map(VideoUsability.Colour.init)),
                boxes: entry.boxes(without: "av1C"), supplemental: dolbyVision?.supplemental("dav1")),
            picture, AV1SubsampleMapper(configuration: configuration))
    }
}

extension VideoUsability.Colour {
    /// Code points above 255 are reserved (ISO/IEC 23091-2) and become 255.
    init(_ colour: VideoColour) {
        self.init(
            primaries: UInt8(clamping: colour.primaries), transfer: UInt8(clamping: colour.transfer),
            matrix: UInt8(clamping: colour.matrix), isFullRange: colour.isFullRange)
    }
}
