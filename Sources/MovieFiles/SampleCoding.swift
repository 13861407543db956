import ISOBaseMedia
public import MediaModel

/// What this target needs to know of a codec, and all that it knows: a sample entry goes in, a configuration and a map of
/// each sample come out. A codec is added by a type of its own and a line in `SampleCodings`.
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
    /// In pixels.
    case video(width: Int, height: Int)
    case audio(AudioFormat)
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

    static let known: [(entry: FourCC, kind: TrackKind, make: Maker)] = [
        ("avc1", .video, { entry, _ in try AVCSampleCoding(entry) }),
        ("avc3", .video, { entry, first in try AVCSampleCoding(inBand: entry, firstSample: try first()) }),
        ("mp4a", .audio, { entry, _ in try AACSampleCoding(entry) }),
    ]
}
