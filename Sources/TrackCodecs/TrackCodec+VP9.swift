import CodecSyntax
import MediaModel

extension TrackCodec {
    /// `vp09` (VP codec binding 1.0).
    static func vp9(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("vpcC")
        let configuration = try VPConfiguration(parsing: record)
        let size = try entry.size()
        let said = configuration.colour
        let isSaid = said.primaries != 2 || said.transfer != 2 || said.matrix != 2
        let picture = CodedPicture(
            width: size.width, height: size.height, colour: entry.colour ?? (isSaid ? VideoColour(said) : nil),
            bitDepth: configuration.bitDepth, pixelShape: entry.pixelShape)
        return TrackCodec(
            video: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: record,
                codecString: "vp09.\(configuration.codecString)", boxes: entry.boxes(without: "vpcC")),
            picture, VP9SubsampleMapper())
    }
}
