import Foundation

/// An input, a format and a scheme, and what the standards say of the three together.
struct Combination: Hashable, Sendable, CustomStringConvertible {
    enum Format: String, CaseIterable, Sendable {
        case transportStream = "m3u8-aapl"
        case muxed = "m3u8-aapl-v3"
        case hlsCMAF = "m3u8-cmaf"
        case dashCMAF = "mpd-time-cmaf"
        case dashCSF = "mpd-time-csf"
        case smooth = "fmp4-v20"
        case progressive

        var isTransportStream: Bool { self == .transportStream || self == .muxed }
    }

    /// The raw values are the words of `encryption=`.
    enum Scheme: String, CaseIterable, Sendable {
        case none, cbc, cenc
        case cbcs = "cbcs-aapl"
        case piff
    }

    /// Why a combination is refused, in the order of the letters that stand for them in the table.
    enum Refusal: Character, CaseIterable, Sendable {
        case noCounterModeInTransportStreams = "a"
        case sampleAESInVersion3 = "b"
        case codecInTransportStreams = "c"
        case envelopeInSmooth = "d"
        case patternInSmooth = "e"
        case codecsInSmooth = "f"
        case piffElsewhere = "g"
        case protectedFiles = "h"

        /// The status and code of the answer.
        var answer: String {
            switch self {
            case .piffElsewhere: "400 MPE_BAD_URL_SYNTAX"
            case .protectedFiles: "403 MPE_OUTPUT_FORMAT_BLOCKED"
            default: "415 MPE_FORMAT_ENCRYPTION_INCOMPATIBLE"
            }
        }

        var clause: String {
            switch self {
            case .noCounterModeInTransportStreams:
                "HLS encrypts MPEG-TS by `AES-128` and `SAMPLE-AES` alone, both in CBC mode (RFC 8216, 4.3.2.4)."
            case .sampleAESInVersion3:
                "Playlists of `SAMPLE-AES` name the `KEYFORMAT` of their keys, which needs version 5 of HLS (RFC 8216, 7)."
            case .codecInTransportStreams:
                "HLS carries HEVC in fragmented MP4 only (HLS Authoring Specification, 1.5); AV1, VP9, Opus and FLAC "
                    + "have no form in MPEG-TS there."
            case .envelopeInSmooth:
                "Smooth Streaming protects samples, as PIFF 1.1 says (6); it has no encryption of whole fragments."
            case .patternInSmooth: "PIFF 1.1 (6) knows no pattern of encrypted and clear blocks."
            case .codecsInSmooth:
                "Smooth Streaming has four-character codes for H.264, VC-1, AAC and WMA, and leaves others to vendors ([MS-SSTR], "
                    + "2.2.2.5): players do not share those. A film without its pictures or its sound is not given."
            case .piffElsewhere:
                "PIFF describes fragments of Smooth Streaming; HLS and DASH say `cenc` (ISO/IEC 23001-7) of the same samples."
            case .protectedFiles: "A whole file is given in the clear only: nothing in it could say where keys are."
            }
        }
    }

    enum Outcome: Hashable, Sendable {
        /// Every track: its frames are those of the source.
        case plays
        /// The answer is the URL of the same in the word that the format uses.
        case leadsToPIFF
        case refused(Refusal)
        /// What no standard says.
        case fails(String)

        var mark: String {
            switch self {
            case .plays: "✓"
            case .leadsToPIFF: "→"
            case .refused(let refusal): String(refusal.rawValue)
            case .fails: "✗"
            }
        }
    }

    var input: Upload
    var format: Format
    var scheme: Scheme

    var description: String { "\(input.rawValue) × \(format.rawValue) × \(scheme.rawValue)" }

    /// What must come of it.
    var expected: Outcome {
        if format == .progressive { return scheme == .none ? .plays : .refused(.protectedFiles) }
        if format == .smooth { return expectedInSmooth }
        if scheme == .piff { return .refused(.piffElsewhere) }
        guard format.isTransportStream else { return .plays }
        if scheme == .cenc { return .refused(.noCounterModeInTransportStreams) }
        if scheme == .cbcs, format == .muxed { return .refused(.sampleAESInVersion3) }
        return input.isInTransportStreams ? .plays : .refused(.codecInTransportStreams)
    }

    private var expectedInSmooth: Outcome {
        switch scheme {
        case .cbc: return .refused(.envelopeInSmooth)
        case .cbcs: return .refused(.patternInSmooth)
        case .cenc: return .leadsToPIFF
        case .none, .piff: break
        }
        let pictures =
            input.hasVideo
            && ![.hevc, .av1, .tenBits, .vp9, .highDynamicRange, .hybridLogGamma, .surroundOpus].contains(
                input)
        let sound = input.hasAudio && ![.tenBits, .vp9, .dolby, .flac, .surroundOpus].contains(input)
        return pictures == input.hasVideo && sound == input.hasAudio ? .plays : .refused(.codecsInSmooth)
    }

    static func all(of input: Upload) -> [Combination] {
        Format.allCases.flatMap { format in
            Scheme.allCases.map { Combination(input: input, format: format, scheme: $0) }
        }
    }

    /// Every format with every scheme, each once, over inputs in turn: those for MPEG-TS, and those of codecs that it has
    /// no form for.
    static let sample: [Combination] = {
        let (older, newer): ([Upload], [Upload]) = ([.fragments, .delay, .dolby], [.hevc, .flac, .vp9, .av1])
        let all = Format.allCases.flatMap { format in Scheme.allCases.map { (format, $0) } }
        return all.enumerated().map { place, cell in
            let inputs = cell.0.isTransportStream || cell.0 == .smooth ? older : newer
            return Combination(input: inputs[place % inputs.count], format: cell.0, scheme: cell.1)
        }
    }()
}

/// What was seen and should not have been.
struct CombinationFailed: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
