public import CodecSyntax
public import ISOBaseMedia
public import MediaModel

/// What a sample entry says of its track: how samples are coded, what manifests and init segments need, and how to read
/// the samples for what protection schemes need.
///
/// The one seam between containers and codecs: whoever opens a container gives the sample entry and then the samples,
/// and needs to know of no codec.
public struct TrackCodec: Sendable {
    /// What the track carries.
    public let kind: TrackKind
    /// For the index, init segments and manifests. Every box of the sample entry but the decoder's configuration is in
    /// `boxes`.
    public let configuration: CodecConfiguration
    /// Present for video.
    public let picture: CodedPicture?
    /// Present for audio.
    public let audio: AudioFormat?
    /// The reader of the track's samples in its first state. Copy it, and give the copy every sample of the track once,
    /// in decode order.
    public let mapper: any SampleMapper

    /// Reads a sample entry as `BoxParser` gives it.
    ///
    /// - Throws: `TrackCodecError` when the codec is none of Keyway's, or the entry is damaged or encrypted.
    public init(_ sampleEntry: any Box) throws(TrackCodecError) {
        let entry = try SampleEntryContent(sampleEntry)
        do {
            self = try Self.read(entry)
        } catch let error as TrackCodecError {
            throw error
        } catch {
            throw TrackCodecError(.damaged, "sample entry '\(entry.format)': \(error)")
        }
        if let defect { throw TrackCodecError(.damaged, "sample entry '\(entry.format)': \(defect)") }
    }

    /// Reads a sample entry in parts: its code, its fixed fields, and the bytes of the boxes within.
    ///
    /// - Throws: as the other initialiser.
    public init(
        _ format: FourCC, fields: SampleEntryFields, children: [UInt8]
    ) throws(TrackCodecError) {
        let boxes: [any Box]
        do throws(BoxError) {
            boxes = try BoxParser.parse(children).map(\.box)
        } catch {
            throw TrackCodecError(.damaged, "sample entry '\(format)': \(error)")
        }
        switch fields {
        case .video(let width, let height):
            try self.init(VisualSampleEntry(format, width: width, height: height, children: boxes))
        case .audio(let channelCount, let sampleRate, let bitsPerSample):
            var entry = AudioSampleEntry(
                format, channelCount: channelCount, sampleRate: sampleRate, children: boxes)
            entry.bitsPerSample = bitsPerSample
            try self.init(entry)
        }
    }

    init(
        video configuration: CodecConfiguration, _ picture: CodedPicture, _ mapper: any SampleMapper
    ) {
        kind = .video
        self.configuration = configuration
        self.picture = picture
        audio = nil
        self.mapper = mapper
    }

    init(audio configuration: CodecConfiguration, _ audio: AudioFormat) {
        kind = .audio
        self.configuration = configuration
        picture = nil
        self.audio = audio
        mapper = WholeSampleMapper()
    }

    /// The switch over codecs: one line each.
    private static func read(_ entry: SampleEntryContent) throws -> TrackCodec {
        switch entry.format {
        case "avc1", "avc3": try avc(entry)
        case "hvc1", "hev1", "dvh1", "dvhe": try hevc(entry)
        case "av01": try av1(entry)
        case "vp09": try vp9(entry)
        case "mp4a": try aac(entry)
        case "ac-3": try ac3(entry)
        case "ec-3": try eac3(entry)
        case "Opus": try opus(entry)
        case "fLaC": try flac(entry)
        case "encv", "enca": throw TrackCodecError(.encrypted, "the source is already encrypted")
        default: throw TrackCodecError(.unsupported, "codec '\(entry.format)' is not one that Keyway serves")
        }
    }

    /// What a description made of this would be refused for, if anything.
    private var defect: String? {
        TrackDescription(
            name: "track", kind: kind, codec: configuration, timescale: 1, averageBitrate: 0, peakBitrate: 0,
            video: picture?.format(frameRateNumerator: 1, frameRateDenominator: 1), audio: audio
        ).defect
    }
}

/// The fixed fields of a sample entry (ISO/IEC 14496-12, 12.1.3 and 12.2.3).
public enum SampleEntryFields: Sendable, Hashable {
    /// In pixels.
    case video(width: UInt16, height: UInt16)
    /// `sampleRate`: the whole hertz of the 16.16 number.
    case audio(channelCount: UInt16, sampleRate: UInt16, bitsPerSample: UInt16)
}

/// The pictures of a video track.
public struct CodedPicture: Sendable, Hashable {
    /// Of the output picture, in pixels.
    public var width: Int
    public var height: Int
    /// From `colr`, else from the coded video; nil when neither says it.
    public var colour: VideoColour?
    /// Bits of a luma sample.
    public var bitDepth: Int
    /// From `pasp`, else from the coded video; nil for square pixels.
    public var pixelShape: PixelShape?

    /// The format, with a frame rate that the container's times give.
    public func format(frameRateNumerator: Int, frameRateDenominator: Int) -> VideoFormat {
        VideoFormat(
            width: width, height: height, frameRateNumerator: frameRateNumerator,
            frameRateDenominator: frameRateDenominator, colour: colour, bitDepth: bitDepth, pixelShape: pixelShape)
    }
}

/// Why a sample entry was refused.
public struct TrackCodecError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of the failure; stable.
    public enum Code: String, Sendable, Hashable {
        /// A codec, or a form of one, that Keyway does not serve.
        case unsupported
        /// Its boxes contradict their standard or one another.
        case damaged
        /// The source is encrypted: it cannot be encrypted again.
        case encrypted
    }

    /// What class of failure it is.
    public let code: Code
    /// For the operator.
    public let reason: String

    /// One line for the operator.
    public var description: String { reason }

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
