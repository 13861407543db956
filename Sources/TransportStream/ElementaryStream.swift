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
    /// AC-3: a sample is a syncframe (ATSC A/52, annex A).
    case ac3(AC3Configuration)
    /// E-AC-3: a sample is the syncframes of one time (ATSC A/52, annex G).
    case eac3(EAC3Configuration)

    init(_ codec: CodecConfiguration) throws(TransportStreamError) {
        do {
            switch codec.sampleEntry {
            case "avc1": self = try Self.avc(AVCDecoderConfiguration(parsing: codec.decoderSpecific))
            case "mp4a": self = .aac(try ADTSHeader(AudioSpecificConfig(parsing: codec.decoderSpecific)))
            case "ac-3": self = .ac3(try AC3Configuration(parsing: codec.decoderSpecific))
            case "ec-3": self = .eac3(try EAC3Configuration(parsing: codec.decoderSpecific))
            case "hvc1", "hev1", "dvh1", "dvhe":
                // HLS Authoring Specification for Apple Devices, 1.5.
                throw TransportStreamError(.unsupportedTrack, "HLS carries HEVC in fragmented MP4 only")
            default: throw TransportStreamError(.unsupportedTrack, "'\(codec.sampleEntry)' has no form in MPEG-TS")
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

    /// stream_id (table 2-22): video, audio, or private_stream_1 as ATSC has it for AC-3.
    var streamID: UInt8 {
        switch self {
        case .avc: 0xE0
        case .aac: 0xC0
        case .ac3, .eac3: 0xBD
        }
    }

    var type: ProgramTables.StreamType {
        switch self {
        case .avc: .avc
        case .aac: .aacInADTS
        case .ac3: .ac3
        case .eac3: .eac3
        }
    }

    /// What the program map says besides the type: registration and the description of ATSC A/52, A.3 and G.3.5.
    var descriptors: [UInt8] {
        switch self {
        case .avc, .aac: return []
        case .ac3(let configuration):
            let rate: UInt8 = [48_000: 0, 44_100: 1, 32_000: 2][configuration.sampleRate] ?? 0
            let description: [UInt8] = [
                rate << 5 | UInt8(configuration.bitstreamID & 0x1F), UInt8(configuration.bitrateCode & 0x1F) << 2,
                UInt8(configuration.service & 7) << 5 | UInt8(configuration.codingMode & 7) << 1 | 1,
            ]
            return [5, 4] + Array("AC-3".utf8) + [0x81, 3] + description
        case .eac3(let configuration):
            let count = configuration.channels.count
            let code: UInt8 = count > 6 ? 5 : count > 2 ? 4 : count == 2 ? 2 : 0
            return [5, 4] + Array("EAC3".utf8) + [0xCC, 2, 0x80, 0xC0 | code]
        }
    }

    /// Bytes that a sample takes in the elementary stream.
    func size(of sample: SampleEntry) -> Int {
        switch self {
        case .avc(let delimiter, let parameterSets):
            delimiter.count + (sample.isSync ? parameterSets.count : 0) + Int(sample.size)
        case .aac: ADTSHeader.length + Int(sample.size)
        case .ac3, .eac3: Int(sample.size)
        }
    }

    /// What stands before a sample.
    func prefix(of sample: SampleEntry) throws(TransportStreamError) -> [UInt8] {
        switch self {
        case .avc(let delimiter, let parameterSets): return delimiter + (sample.isSync ? parameterSets : [])
        case .ac3, .eac3: return []
        case .aac(let header):
            do throws(CodecSyntaxError) {
                return try header.bytes(payloadLength: Int(sample.size))
            } catch {
                throw TransportStreamError(.damagedSample, "\(error)")
            }
        }
    }
}
