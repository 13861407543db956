/// What a track carries.
public enum TrackKind: String, Sendable, Codable, CaseIterable {
    case video
    case audio
    /// Subtitles and captions.
    case text
    /// Still pictures of the film, for those who look for a place in it: thumbnails, and the poster.
    case image

    /// Pictures and sound: what is played, has keys, and makes a presentation.
    public var isMedia: Bool { self == .video || self == .audio }
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
    /// Of sound and text: a name for people, any text; nil where nobody gave one.
    public var label: String?
    /// Bits per second over the whole track.
    public var averageBitrate: Int
    /// Bits per second of the largest segment.
    public var peakBitrate: Int
    /// Present for video.
    public var video: VideoFormat?
    /// Present for audio.
    public var audio: AudioFormat?
    /// Of audio; nil for the sound of the pictures.
    public var audioRole: AudioRole?
    /// Present for text.
    public var text: TextFormat?
    /// Present for still pictures.
    public var image: ImageFormat?

    public init(
        name: String, kind: TrackKind, codec: CodecConfiguration, timescale: UInt32, language: String = "und",
        averageBitrate: Int, peakBitrate: Int, video: VideoFormat? = nil, audio: AudioFormat? = nil,
        text: TextFormat? = nil, image: ImageFormat? = nil
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
        self.text = text
        self.image = image
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
        if label.map({ !Self.isLabel($0) }) ?? false { return "label is not 1 to 128 bytes without controls" }
        if !(0...10_000_000_000).contains(averageBitrate) || !(0...10_000_000_000).contains(peakBitrate) {
            return "bit rate is out of range"
        }
        return codec.defect ?? formatDefect
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
            return video.defect
        case .audio:
            guard let audio, (1...768_000).contains(audio.sampleRate), (1...64).contains(audio.channelCount) else {
                return "audio format is missing or out of range"
            }
            return audio.defect
        case .text:
            guard text != nil, ["wvtt", "stpp"].contains(codec.sampleEntry) else {
                return "text format is missing or not one that is stored"
            }
            return nil
        case .image:
            guard let image, codec.sampleEntry == "jpeg" else {
                return "image format is missing or not one that is stored"
            }
            return image.defect
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// Whether a text may be a label: what it is written into has limits, and no line breaks.
    public static func isLabel(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && ![0x2028, 0x2029].contains($0.value)
            }
    }

    private static func isLanguage(_ text: String) -> Bool {
        (2...35).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D }
    }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
