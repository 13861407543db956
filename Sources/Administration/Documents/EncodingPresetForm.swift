public import EncoderProtocol

/// A preset as a document writes it: what is shown, and what can be put back.
public struct EncodingPresetForm: Codable, Sendable, Hashable {
    public struct Video: Codable, Sendable, Hashable {
        public var codec: String
        public var ladder: String?
        public var renditions: [Rendition]?
        public var complexity: String
        /// As `2s`.
        public var keyFrameInterval: String
        public var frameRate: Double?
        public var dynamicRange: String
        public var deinterlacing: String
        /// As `5s`.
        public var bufferWindow: String

        init(_ recipe: VideoRecipe) {
            codec = recipe.codec.rawValue
            ladder = recipe.ladder?.rawValue
            renditions = recipe.renditions.isEmpty ? nil : recipe.renditions.map(Rendition.init)
            complexity = recipe.complexity.rawValue
            keyFrameInterval = TransformForm.seconds(recipe.keyFrameInterval)
            frameRate = recipe.maximumFrameRate
            dynamicRange = recipe.dynamicRange.rawValue
            deinterlacing = recipe.deinterlacing.rawValue
            bufferWindow = TransformForm.seconds(recipe.bufferWindow)
        }
    }

    public struct Rendition: Codable, Sendable, Hashable {
        public var codec: String?
        public var width: Int
        public var height: Int
        /// In bits per second.
        public var bitrate: Int
        public var maxBitrate: Int?
        public var crf: Double?
        public var profile: String?

        init(_ recipe: VideoRenditionRecipe) {
            codec = recipe.codec?.rawValue
            width = recipe.width
            height = recipe.height
            bitrate = recipe.bitrate
            maxBitrate = recipe.maximumBitrate
            crf = recipe.constantRateFactor
            profile = recipe.profile
        }
    }

    public struct Sound: Codable, Sendable, Hashable {
        public var codec: String
        public var channels: Int
        /// In bits per second.
        public var bitrate: Int
        public var languages: [String]?

        init(_ recipe: AudioRecipe) {
            codec = recipe.codec.rawValue
            channels = recipe.channels
            bitrate = recipe.bitrate
            languages = recipe.languages.isEmpty ? nil : recipe.languages
        }
    }

    public var name: String
    public var video: Video?
    public var audio: [Sound]?
    public var loudness: Double?
    public var thumbnails: TransformForm.Thumbnails?
    public var poster: TransformForm.Poster?

    public init(_ preset: EncodingPreset) {
        name = preset.name
        video = preset.video.map(Video.init)
        audio = preset.audio.isEmpty ? nil : preset.audio.map(Sound.init)
        loudness = preset.loudness
        thumbnails = preset.thumbnails.map { TransformForm.Thumbnails(.init($0)) }
        poster = preset.poster.map { TransformForm.Poster(.init($0)) }
    }
}
