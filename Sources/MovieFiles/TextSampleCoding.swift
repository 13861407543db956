import ISOBaseMedia
import MediaModel

/// Text: its samples go to whoever knows what they hold.
struct TextSampleCoding: SampleCoding {
    let configuration: CodecConfiguration
    let format = CodedFormat.text

    init(_ entry: any Box) throws(SampleCodingError) {
        guard let opaque = entry as? OpaqueBox, opaque.payload.count >= 8 else {
            throw SampleCodingError(.damaged, "sample entry '\(entry.type)' ends too early")
        }
        configuration = CodecConfiguration(
            sampleEntry: entry.type, decoderSpecific: Array(opaque.payload.dropFirst(8)),
            codecString: entry.type.description)
    }

    func coded(_ sample: [UInt8], isSync: Bool) throws(SampleCodingError) -> CodedSample {
        CodedSample(bytes: sample, subsamples: [])
    }
}
