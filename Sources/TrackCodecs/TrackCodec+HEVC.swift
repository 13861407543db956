import CodecSyntax
import MediaModel

extension TrackCodec {
    /// `hvc1` and `hev1` (ISO/IEC 14496-15, 8.4.1), and Dolby Vision's `dvh1` and `dvhe` in the same form.
    static func hevc(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("hvcC")
        let configuration = try HEVCDecoderConfiguration(parsing: record)
        let mapper = try HEVCSubsampleMapper(configuration: configuration)
        let size = try entry.size()
        let usability = mapper.sequence?.usability
        let dolbyVision = try DolbyVision(entry)
        var colour = entry.colour ?? usability?.colour.map(VideoColour.init)
        // Profile 5 is PQ throughout, and says nothing of it in code points.
        if dolbyVision?.record.profile == 5, [2, nil].contains(colour?.transfer) {
            colour = colour ?? .unspecified
            colour?.transfer = 16
        }
        let picture = CodedPicture(
            width: mapper.sequence?.width ?? size.width, height: mapper.sequence?.height ?? size.height,
            colour: colour,
            bitDepth: mapper.sequence?.lumaBitDepth ?? 8,
            pixelShape: entry.pixelShape ?? usability?.sampleAspectRatio.flatMap(PixelShape.init))
        let isDolbyVision = entry.format == "dvh1" || entry.format == "dvhe"
        let codecString: String
        if isDolbyVision {
            guard let dolbyVision else {
                throw TrackCodecError(.damaged, "sample entry '\(entry.format)' has no Dolby Vision configuration")
            }
            codecString = "\(entry.format).\(dolbyVision.record.codecString)"
        } else {
            codecString = "\(entry.format).\(configuration.profile.codecString)"
        }
        return TrackCodec(
            video: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: record, codecString: codecString,
                boxes: entry.boxes(without: "hvcC"),
                supplemental: isDolbyVision ? nil : dolbyVision?.supplemental(entry.format == "hev1" ? "dvhe" : "dvh1")),
            picture, mapper)
    }
}

/// What a sample entry says of Dolby Vision.
struct DolbyVision {
    let record: DolbyVisionConfiguration

    /// Nil when it says nothing.
    init?(_ entry: SampleEntryContent) throws {
        // dvcC up to profile 7, dvvC from 8 on, dvwC from 20 on.
        let boxes: [FourCC] = ["dvcC", "dvvC", "dvwC"]
        guard let payload = boxes.lazy.compactMap({ entry.optionalPayload($0) }).first else { return nil }
        record = try DolbyVisionConfiguration(parsing: payload)
        guard !record.hasEnhancementLayer else {
            throw TrackCodecError(
                .unsupported, "Dolby Vision profile \(record.profile) with an enhancement layer is not served")
        }
    }

    /// For tracks that others play as well.
    func supplemental(_ format: FourCC) -> SupplementalCodec? {
        record.baseBrand.flatMap { FourCC($0) }.map {
            SupplementalCodec(codecString: "\(format).\(record.codecString)", brand: $0)
        }
    }
}
