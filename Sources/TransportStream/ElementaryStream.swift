import CodecSyntax
import MediaModel

/// How the samples of a track become an elementary stream: what is put before a sample, and whether its NAL units
/// change their length prefixes for start codes. Both have four bytes, so the sample's size stays what the index says.
enum ElementaryStream: Hashable, Sendable {
    /// AVC as a byte stream (ISO/IEC 13818-1, 2.14): a delimiter before every access unit, parameter sets before those
    /// where decoding can start. Samples must not bring delimiters of their own: `avc1` tracks have none
    /// (`AnnexB.omittedFromSamples`).
    case avc(delimiter: [UInt8], parameterSets: [UInt8])
    /// AAC in ADTS.
    case aac(ADTSHeader)

    init(_ codec: CodecConfiguration) throws(TransportStreamError) {
        do {
            switch codec.sampleEntry {
            case "avc1": self = try Self.avc(AVCDecoderConfiguration(parsing: codec.decoderSpecific))
            case "mp4a": self = .aac(try ADTSHeader(AudioSpecificConfig(parsing: codec.decoderSpecific)))
            default: throw TransportStreamError(.unsupportedTrack, "no form for '\(codec.sampleEntry)'")
            }
        } catch let error as TransportStreamError {
            throw error
        } catch {
            throw TransportStreamError(.unsupportedTrack, "\(error)")
        }
    }

    private static func avc(_ configuration: AVCDecoderConfiguration) throws(TransportStreamError) -> ElementaryStream {
        guard configuration.lengthSize == LengthPrefixedNALUnits.prefixLength else {
            throw TransportStreamError(.unsupportedTrack, "NAL unit lengths take \(configuration.lengthSize) bytes")
        }
        let sets =
            configuration.sequenceParameterSets + configuration.sequenceParameterSetExtensions
            + configuration.pictureParameterSets
        // primary_pic_type 7: any slice type; then the stop bit.
        return .avc(
            delimiter: AnnexB.startCode + [NALUnitType.accessUnitDelimiter.rawValue, 0xF0],
            parameterSets: sets.flatMap { AnnexB.startCode + $0 })
    }

    var isVideo: Bool {
        if case .avc = self { true } else { false }
    }

    var pid: PacketIdentifier { isVideo ? .video : .audio }

    /// stream_id (table 2-22).
    var streamID: UInt8 { isVideo ? 0xE0 : 0xC0 }

    var type: ProgramTables.StreamType { isVideo ? .avc : .aacInADTS }

    /// Bytes that a sample takes in the elementary stream.
    func size(of sample: SampleEntry) -> Int {
        switch self {
        case .avc(let delimiter, let parameterSets):
            delimiter.count + (sample.isSync ? parameterSets.count : 0) + Int(sample.size)
        case .aac: ADTSHeader.length + Int(sample.size)
        }
    }

    /// What stands before a sample.
    func prefix(of sample: SampleEntry) throws(TransportStreamError) -> [UInt8] {
        switch self {
        case .avc(let delimiter, let parameterSets): return delimiter + (sample.isSync ? parameterSets : [])
        case .aac(let header):
            do throws(CodecSyntaxError) {
                return try header.bytes(payloadLength: Int(sample.size))
            } catch {
                throw TransportStreamError(.damagedSample, "\(error)")
            }
        }
    }
}
