import ISOBaseMedia
public import MediaModel
public import TrackCodecs

/// What this target needs to know of a codec, and all that it knows: a sample entry goes in, a configuration and a map of
/// each sample come out.
public protocol SampleCoding: Sendable {
    /// As the stored track has it, which may differ from the file's sample entry.
    var configuration: CodecConfiguration { get }
    var format: CodedFormat { get }

    /// A sample as it is stored, and what of it may be encrypted.
    ///
    /// - Parameters:
    ///   - sample: as it is in the file.
    ///   - isSync: the file says that a decoder may begin here; the sample must bear that out.
    /// - Throws: `SampleCodingError` when it cannot be read, or no decoder could begin with it.
    func coded(_ sample: [UInt8], isSync: Bool) throws(SampleCodingError) -> CodedSample
}

/// What pictures or sound a track has, as its decoder configuration says it.
public enum CodedFormat: Sendable, Hashable {
    case video(CodedPicture)
    case audio(AudioFormat)
    case text
}

/// A sample ready to be stored.
public struct CodedSample: Sendable, Hashable {
    public var bytes: [UInt8]
    /// None: the whole sample may be encrypted.
    public var subsamples: [SubsampleEntry]

    public init(bytes: [UInt8], subsamples: [SubsampleEntry]) {
        self.bytes = bytes
        self.subsamples = subsamples
    }
}

/// Why a sample entry or a sample was refused.
public struct SampleCodingError: Error, Sendable, Hashable {
    public var code: MovieError.Code
    public var reason: String

    public init(_ code: MovieError.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// The one place that says which codecs are known.
enum SampleCodings {
    /// Makes the coding of a sample entry; the first sample's bytes are read when they are asked for.
    typealias Maker =
        @Sendable (
            _ entry: any Box, _ firstSample: () throws(MovieError) -> [UInt8]
        ) throws -> any SampleCoding

    typealias Known = (entry: FourCC, kind: TrackKind, make: Maker)

    static let known: [Known] =
        avc + stored(.video, as: "hvc1", "hev1", "dvh1", "dvhe", "av01", "vp09")
        + stored(.audio, as: "mp4a", "ac-3", "ec-3", "Opus", "fLaC") + text

    private static let avc: [Known] = [
        ("avc1", .video, { entry, _ in try AVCSampleCoding(entry) }),
        ("avc3", .video, { entry, first in try AVCSampleCoding(inBand: entry, firstSample: try first()) }),
    ]

    private static let text: [Known] = MovieTrack.textEntries.map { entry in
        (entry, .text, { box, _ in try TextSampleCoding(box) })
    }

    /// Codecs whose samples are stored as they are.
    private static func stored(_ kind: TrackKind, as entries: FourCC...) -> [Known] {
        let make: Maker = { entry, _ in try PlainSampleCoding(entry) }
        return entries.map { ($0, kind, make) }
    }
}
