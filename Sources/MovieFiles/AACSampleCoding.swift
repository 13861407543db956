import CodecSyntax
import ISOBaseMedia
import MediaModel

/// AAC in `mp4a` (ISO/IEC 14496-14, 6.7): a sample is one frame, encrypted as a whole.
struct AACSampleCoding: SampleCoding {
    let configuration: CodecConfiguration
    let format: CodedFormat

    /// Object types that carry AAC: of MPEG-4, and the profiles of MPEG-2.
    private static let objectTypes: Set<UInt8> = [0x40, 0x66, 0x67, 0x68]

    init(_ entry: any Box) throws(SampleCodingError) {
        guard let descriptor = entry.first(ElementaryStreamDescriptorBox.self) else {
            throw SampleCodingError(.damaged, "it has no 'esds'")
        }
        guard Self.objectTypes.contains(descriptor.objectType) else {
            throw SampleCodingError(
                .unknownCodec, "its sound is of object type \(descriptor.objectType) (ISO/IEC 14496-1), not AAC (64)")
        }
        let config = try SampleCodingError.catching { try AudioSpecificConfig(parsing: descriptor.decoderSpecific) }
        format = .audio(AudioFormat(sampleRate: config.sampleRate, channelCount: config.channelCount))
        configuration = CodecConfiguration(
            sampleEntry: "mp4a", decoderSpecific: descriptor.decoderSpecific, codecString: config.codecString)
    }

    func coded(_ sample: [UInt8], isSync: Bool) throws(SampleCodingError) -> CodedSample {
        CodedSample(bytes: sample, subsamples: [])
    }
}
