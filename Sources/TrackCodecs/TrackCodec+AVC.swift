import CodecSyntax
import MediaModel

extension TrackCodec {
    /// `avc1`, and `avc3` with parameter sets in the samples (ISO/IEC 14496-15, 5.4.2).
    static func avc(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("avcC")
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
                sampleEntry: entry.format, decoderSpecific: record, codecString: "\(entry.format)\(suffix)",
                boxes: entry.boxes(without: "avcC")),
            picture,
            try AVCSubsampleMapper(configuration: configuration, takesParameterSets: entry.format == "avc3"))
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
