/// What a file of media is made of, as its headers say it, in FFmpeg's words. Nothing of it is to be trusted: it comes from
/// the file.
public struct MediaFacts: Sendable, Hashable, Codable {
    public struct Video: Sendable, Hashable, Codable {
        public var codec: String
        /// In pixels, upright.
        public var width: Int
        public var height: Int
        /// Frames per second.
        public var frameRate: Double
        /// Bits of a luma sample.
        public var bitDepth: Int
        public var pixelFormat: String
        public var primaries: String
        public var transfer: String
        public var matrix: String
        public var isInterlaced: Bool

        public init(
            codec: String, width: Int, height: Int, frameRate: Double, bitDepth: Int, pixelFormat: String,
            primaries: String, transfer: String, matrix: String, isInterlaced: Bool
        ) {
            self.codec = codec
            self.width = width
            self.height = height
            self.frameRate = frameRate
            self.bitDepth = bitDepth
            self.pixelFormat = pixelFormat
            self.primaries = primaries
            self.transfer = transfer
            self.matrix = matrix
            self.isInterlaced = isInterlaced
        }
    }

    public struct Audio: Sendable, Hashable, Codable {
        public var codec: String
        public var channels: Int
        public var layout: String
        /// In Hz.
        public var sampleRate: Int
        /// ISO 639-2, `und` when it is not said.
        public var language: String

        public init(codec: String, channels: Int, layout: String, sampleRate: Int, language: String) {
            self.codec = codec
            self.channels = channels
            self.layout = layout
            self.sampleRate = sampleRate
            self.language = language
        }
    }

    public struct Subtitles: Sendable, Hashable, Codable {
        public var codec: String
        public var language: String

        public init(codec: String, language: String) {
            self.codec = codec
            self.language = language
        }
    }

    /// The demuxer's names.
    public var containers: [String]
    /// In seconds; 0 when unknown.
    public var duration: Double
    /// Pictures that move.
    public var videos: [Video]
    public var audios: [Audio]
    public var subtitles: [Subtitles]

    public init(
        containers: [String], duration: Double, videos: [Video], audios: [Audio], subtitles: [Subtitles]
    ) {
        self.containers = containers
        self.duration = duration
        self.videos = videos
        self.audios = audios
        self.subtitles = subtitles
    }
}
