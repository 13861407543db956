import CodecSyntax
public import ISOBaseMedia
import MediaModel

extension TrackCodec {
    /// `avc1`, and `avc3` with parameter sets in the samples (ISO/IEC 14496-15, 5.4.2).
    static func avc(_ entry: SampleEntryContent) throws -> TrackCodec {
        try avc(entry, as: entry.format, record: try entry.payload("avcC"))
    }

    private static func avc(_ entry: SampleEntryContent, as format: FourCC, record: [UInt8]) throws -> TrackCodec {
        let configuration = try AVCDecoderConfiguration(parsing: record)
        let sequence = try AVCParameterSets(configuration).sequences.first
        let usability = sequence?.usability
        let size = try entry.size()
        let picture = CodedPicture(
            width: sequence?.width ?? size.width, height: sequence?.height ?? size.height,
            colour: entry.colour ?? usability?.colour.map(VideoColour.init),
            bitDepth: sequence?.chroma.lumaBitDepth ?? 8,
            pixelShape: entry.pixelShape ?? usability?.sampleAspectRatio.flatMap(PixelShape.init))
        let suffix = configuration.codecString.dropFirst(4)
        return TrackCodec(
            video: CodecConfiguration(
                sampleEntry: format, decoderSpecific: record, codecString: "\(format)\(suffix)",
                boxes: entry.boxes(without: "avcC")),
            picture,
            try AVCSubsampleMapper(configuration: configuration, takesParameterSets: entry.format == "avc3"))
    }
}

extension TrackCodec {
    /// A track that is stored as `avc1`, whatever its sample entry is.
    ///
    /// - Parameters:
    ///   - record: the decoder configuration to be stored: the payload of `avcC`.
    ///   - sampleEntry: gives everything else.
    /// - Throws: `TrackCodecError` and `CodecSyntaxError`.
    public init(avc record: [UInt8], _ sampleEntry: any Box) throws {
        self = try Self.avc(try SampleEntryContent(sampleEntry), as: "avc1", record: record)
    }
}

extension VideoColour {
    init(_ colour: VideoUsability.Colour) {
        self.init(
            primaries: UInt16(colour.primaries), transfer: UInt16(colour.transfer), matrix: UInt16(colour.matrix),
            isFullRange: colour.isFullRange)
    }
}

extension PixelShape {
    /// Nil for square pixels.
    init?(_ ratio: VideoUsability.SampleAspectRatio) {
        guard ratio.width != ratio.height, let horizontal = UInt32(exactly: ratio.width),
            let vertical = UInt32(exactly: ratio.height), horizontal > 0, vertical > 0
        else { return nil }
        self.init(horizontal: horizontal, vertical: vertical)
    }
}
