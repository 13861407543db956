import CodecSyntax
import ISOBaseMedia
import MediaModel

extension TrackCodec {
    /// `mp4a` with AAC (ISO/IEC 14496-14, 6.7).
    static func aac(_ entry: SampleEntryContent) throws -> TrackCodec {
        let streams = entry.children.compactMap { $0 as? ElementaryStreamDescriptorBox }
        guard let stream = streams.first, streams.count == 1 else {
            throw TrackCodecError(.damaged, "sample entry 'mp4a' has \(streams.count) boxes 'esds', not one")
        }
        guard stream.objectType == 0x40 else {
            throw TrackCodecError(
                .unsupported, "codec 'mp4a' of object type 0x\(String(stream.objectType, radix: 16)) is not AAC")
        }
        let configuration = try AudioSpecificConfig(parsing: stream.decoderSpecific)
        return TrackCodec(
            audio: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: stream.decoderSpecific,
                codecString: configuration.codecString, boxes: entry.boxes(without: "esds")),
            AudioFormat(
                sampleRate: configuration.sampleRate, channelCount: configuration.channelCount,
                channelConfiguration: configuration.loudspeakerLayout))
    }
}
