import CodecSyntax
import ISOBaseMedia
import MediaModel
import Synchronization
import TrackCodecs

/// A codec whose samples are stored as they are in the file.
final class PlainSampleCoding: SampleCoding {
    let configuration: CodecConfiguration
    let format: CodedFormat
    /// Knows what the samples so far have said of those to come.
    private let mapper: Mutex<any SampleMapper>

    init(_ entry: any Box) throws(SampleCodingError) {
        let codec = try SampleCodingError.catching { try TrackCodec(entry) }
        configuration = codec.configuration
        mapper = Mutex(codec.mapper)
        if let picture = codec.picture {
            format = .video(picture)
        } else if let audio = codec.audio {
            format = .audio(audio)
        } else {
            throw SampleCodingError(.damaged, "sample entry '\(entry.type)' is of neither pictures nor sound")
        }
    }

    func coded(_ sample: [UInt8], isSync: Bool) throws(SampleCodingError) -> CodedSample {
        let map = try SampleCodingError.catching { try mapper.withLock { try $0.map(sample) } }
        if isSync, map.isSync == false {
            throw SampleCodingError(.damaged, "it is marked as a key frame and refers to other pictures")
        }
        return CodedSample(bytes: sample, subsamples: map.subsamples)
    }
}
