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
        // AAC of MPEG-4, and the profiles of MPEG-2.
        guard [0x40, 0x66, 0x67, 0x68].contains(stream.objectType) else {
            throw TrackCodecError(
                .unsupported, "codec 'mp4a' of object type 0x\(String(stream.objectType, radix: 16)) is not AAC")
        }
        let configuration = try AudioSpecificConfig(parsing: stream.decoderSpecific)
        let sound = try entry.sound()
        // Implicit signalling (ISO/IEC 14496-3, 1.6.6.1): the configuration names the core alone, and the entry the rate
        // of what comes out.
        let isImplicit =
            configuration.signalledObjectType == 2 && configuration.sampleRate <= 24_000
            && sound.sampleRate == 2 * configuration.sampleRate
        return TrackCodec(
            audio: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: stream.decoderSpecific,
                codecString: isImplicit ? "mp4a.40.5" : configuration.codecString, boxes: entry.boxes(without: "esds")),
            AudioFormat(
                sampleRate: isImplicit ? sound.sampleRate : configuration.outputSampleRate,
                channelCount: configuration.outputChannelCount,
                channelConfiguration: configuration.loudspeakerLayout))
    }
}
