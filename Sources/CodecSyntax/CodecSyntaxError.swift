/// Why coded media was refused: what was read, where, and what is wrong with it.
public struct CodecSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of the failure; stable, for tests and for the choice of a caller's answer.
    public enum Code: String, Sendable, Hashable {
        /// The bytes end before the structure does.
        case truncated
        /// A value lies outside the range that its standard allows.
        case outOfRange
        /// Two parts contradict each other, or a part refers to one that is not there.
        case inconsistent
        /// Legal, but not among what this module reads.
        case unsupported
    }

    /// The structure that was being read or written.
    public enum Structure: String, Sendable, Hashable {
        case videoParameterSet = "video parameter set"
        case sequenceParameterSet = "sequence parameter set"
        case pictureParameterSet = "picture parameter set"
        case sliceHeader = "slice header"
        case decoderConfiguration = "AVC decoder configuration record"
        case hevcConfiguration = "HEVC decoder configuration record"
        case dolbyVisionConfiguration = "Dolby Vision configuration record"
        case av1Configuration = "AV1 codec configuration record"
        case sequenceHeader = "AV1 sequence header"
        case frameHeader = "AV1 frame header"
        case tileGroup = "AV1 tile group"
        case openBitstreamUnit = "AV1 open bitstream unit"
        case vpConfiguration = "VP codec configuration record"
        case superframe = "VP9 superframe"
        case uncompressedHeader = "VP9 uncompressed header"
        case sample = "length-prefixed sample"
        case byteStream = "Annex B byte stream"
        case audioSpecificConfig = "AudioSpecificConfig"
        case adts = "ADTS header"
        case ac3Configuration = "AC-3 configuration"
        case eac3Configuration = "E-AC-3 configuration"
        case opusConfiguration = "Opus configuration"
        case flacConfiguration = "FLAC configuration"
    }

    /// What class of failure it is.
    public let code: Code
    /// What was being read or written.
    public let structure: Structure
    /// Bits from the start of the structure, emulation prevention bytes not counted.
    public let bitOffset: Int
    /// The syntax element and what is wrong with it, in the words of the standard.
    public let reason: String

    /// What, where and why, in one line.
    public var description: String { "\(structure.rawValue), bit \(bitOffset): \(reason)" }

    init(_ code: Code, _ structure: Structure, at bitOffset: Int = 0, _ reason: String) {
        self.code = code
        self.structure = structure
        self.bitOffset = bitOffset
        self.reason = reason
    }
}
