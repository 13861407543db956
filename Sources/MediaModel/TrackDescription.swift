/// What a track carries.
public enum TrackKind: String, Sendable, Codable, CaseIterable {
    case video
    case audio
}

/// The size and rate of a video track.
public struct VideoFormat: Sendable, Hashable, Codable {
    /// Coded size after cropping, in pixels.
    public var width: Int
    public var height: Int
    /// Frames per second as a fraction: `frameRateNumerator / frameRateDenominator`.
    public var frameRateNumerator: Int
    public var frameRateDenominator: Int
    /// Nil: square pixels.
    public var pixelAspectRatio: PixelAspectRatio?
    /// How far pictures are turned clockwise when they are shown, in degrees: 90, 180 or 270; nil: not at all.
    public var rotation: Int?

    public init(
        width: Int, height: Int, frameRateNumerator: Int, frameRateDenominator: Int,
        pixelAspectRatio: PixelAspectRatio? = nil, rotation: Int? = nil
    ) {
        self.width = width
        self.height = height
        self.frameRateNumerator = frameRateNumerator
        self.frameRateDenominator = frameRateDenominator
        self.pixelAspectRatio = pixelAspectRatio
        self.rotation = rotation
    }
}

/// The shape of a pixel: `horizontal` to `vertical`, width to height.
public struct PixelAspectRatio: Sendable, Hashable, Codable {
    public var horizontal: Int
    public var vertical: Int

    public init(horizontal: Int, vertical: Int) {
        self.horizontal = horizontal
        self.vertical = vertical
    }
}

/// The layout of an audio track.
public struct AudioFormat: Sendable, Hashable, Codable {
    /// In hertz.
    public var sampleRate: Int
    public var channelCount: Int

    public init(sampleRate: Int, channelCount: Int) {
        self.sampleRate = sampleRate
        self.channelCount = channelCount
    }
}

/// How a track's samples are coded, as a sample entry of ISO BMFF says it.
public struct CodecConfiguration: Sendable, Hashable, Codable {
    /// The clear sample entry: `avc1` or `mp4a`.
    public var sampleEntry: FourCC
    /// The decoder's configuration: the payload of `avcC` (ISO/IEC 14496-15, 5.3.3.1) for `avc1`; the
    /// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) for `mp4a`.
    public var decoderSpecific: [UInt8]
    /// The `codecs` parameter of RFC 6381, as `avc1.640028` or `mp4a.40.2`.
    public var codecString: String

    public init(sampleEntry: FourCC, decoderSpecific: [UInt8], codecString: String) {
        self.sampleEntry = sampleEntry
        self.decoderSpecific = decoderSpecific
        self.codecString = codecString
    }
}

/// What is known of a track without opening its media: everything that an init segment and a manifest need.
public struct TrackDescription: Sendable, Hashable, Codable {
    /// Unique within the asset version, and part of URLs: lower-case letters, digits and `-`, 1 to 64 characters.
    public var name: String
    public var kind: TrackKind
    public var codec: CodecConfiguration
    /// Units per second of every time in the track.
    public var timescale: UInt32
    /// RFC 5646; `und` when unknown.
    public var language: String
    /// Bits per second over the whole track.
    public var averageBitrate: Int
    /// Bits per second of the largest segment.
    public var peakBitrate: Int
    /// Present for video.
    public var video: VideoFormat?
    /// Present for audio.
    public var audio: AudioFormat?

    public init(
        name: String, kind: TrackKind, codec: CodecConfiguration, timescale: UInt32, language: String = "und",
        averageBitrate: Int, peakBitrate: Int, video: VideoFormat? = nil, audio: AudioFormat? = nil
    ) {
        self.name = name
        self.kind = kind
        self.codec = codec
        self.timescale = timescale
        self.language = language
        self.averageBitrate = averageBitrate
        self.peakBitrate = peakBitrate
        self.video = video
        self.audio = audio
    }

    /// The ISO BMFF track id that init segments and fragments of this track carry: one track a file.
    public static let trackID: UInt32 = 1
}

extension TrackDescription {
    /// The first thing wrong with the description, or nil. Descriptions come from a child process that reads untrusted
    /// media, so every field is bounded before it reaches a URL, a manifest or an allocation.
    public var defect: String? {
        if !Self.isName(name) { return "name is not 1 to 64 of a-z, 0-9 and '-'" }
        if timescale == 0 { return "timescale is zero" }
        if !Self.isLanguage(language) { return "language is not a language tag" }
        if !(0...10_000_000_000).contains(averageBitrate) || !(0...10_000_000_000).contains(peakBitrate) {
            return "bit rate is out of range"
        }
        if codec.decoderSpecific.isEmpty || codec.decoderSpecific.count > 65_536 {
            return "decoder configuration is empty or longer than 64 KiB"
        }
        if codec.codecString.isEmpty || codec.codecString.utf8.count > 64
            || !codec.codecString.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == 0x2E || $0 == 0x2D })
        {
            return "codec string is not one of RFC 6381"
        }
        return formatDefect
    }

    private var formatDefect: String? {
        switch kind {
        case .video:
            guard let video, (1...16_384).contains(video.width), (1...16_384).contains(video.height) else {
                return "video size is missing or out of range"
            }
            guard (1...1_000_000_000).contains(video.frameRateNumerator),
                (1...1_000_000_000).contains(video.frameRateDenominator)
            else { return "frame rate is out of range" }
            if let ratio = video.pixelAspectRatio,
                !(1...65_535).contains(ratio.horizontal) || !(1...65_535).contains(ratio.vertical)
            {
                return "pixel aspect ratio is out of range"
            }
            if let rotation = video.rotation, ![90, 180, 270].contains(rotation) {
                return "rotation is not a quarter of a turn"
            }
        case .audio:
            guard let audio, (1...768_000).contains(audio.sampleRate), (1...64).contains(audio.channelCount) else {
                return "audio format is missing or out of range"
            }
        }
        return nil
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    private static func isLanguage(_ text: String) -> Bool {
        (2...35).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
