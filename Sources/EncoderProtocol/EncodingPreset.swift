/// A recipe for encoding: what renditions a film becomes. A value: it crosses to the child as it is, so that a preset of
/// the same name that is changed meanwhile changes no job.
public struct EncodingPreset: Sendable, Hashable, Codable {
    /// As the job's record and people name it.
    public var name: String
    /// Nil: pictures are left out.
    public var video: VideoRecipe?
    /// One track for each stream of sound of the input and each of these; empty: sound is left out.
    public var audio: [AudioRecipe]
    /// What sound is brought to, in LUFS (EBU R 128); nil: it stays as it is.
    public var loudness: Double?
    /// Nil: none are made.
    public var thumbnails: ThumbnailRecipe?
    /// Nil: none is made.
    public var poster: PosterRecipe?

    public init(
        name: String, video: VideoRecipe?, audio: [AudioRecipe], loudness: Double? = nil,
        thumbnails: ThumbnailRecipe? = nil, poster: PosterRecipe? = nil
    ) {
        self.name = name
        self.video = video
        self.audio = audio
        self.loudness = loudness
        self.thumbnails = thumbnails
        self.poster = poster
    }

    public static let maximumRenditions = 12
    public static let maximumSounds = 4
    /// In LUFS; EBU R 128 asks for -23, streaming services for -14 to -16.
    public static let loudnesses = -31.0 ... -9.0

    /// Everything wrong with the values, each with the field's path; empty for a preset that can be run.
    public var defects: [String] {
        var defects: [String] = []
        if name.isEmpty || name.utf8.count > 128 { defects.append("name: 1 to 128 bytes") }
        if video == nil, audio.isEmpty { defects.append("a preset has video, audio or both") }
        if audio.count > Self.maximumSounds { defects.append("audio: at most \(Self.maximumSounds) recipes") }
        if let loudness, !Self.loudnesses.contains(loudness) {
            defects.append("loudness: \(Self.loudnesses.lowerBound) to \(Self.loudnesses.upperBound) LUFS")
        }
        if video == nil, thumbnails != nil || poster != nil {
            defects.append("thumbnails, poster: they are made of the pictures that 'video' decodes")
        }
        defects += thumbnails?.defects.map { "thumbnails.\($0)" } ?? []
        defects += poster?.defects.map { "poster.\($0)" } ?? []
        defects += video?.defects.map { "video.\($0)" } ?? []
        for (number, recipe) in audio.enumerated() { defects += recipe.defects.map { "audio[\(number)].\($0)" } }
        return defects
    }
}

/// How pictures are encoded.
public struct VideoRecipe: Sendable, Hashable, Codable {
    /// Where the renditions come from when they are not listed.
    public enum Ladder: String, Sendable, Hashable, Codable, CaseIterable {
        /// By the source's size, rate and bit rate.
        case adaptive
        /// The same sizes, with the bit rates that a quick look at the source asks for.
        case contentAware = "content-aware"
    }

    /// What is done with more light than BT.709 has.
    public enum DynamicRange: String, Sendable, Hashable, Codable, CaseIterable {
        /// HDR10 and HLG stay so in HEVC and AV1; H.264 gets them in BT.709.
        case keep
        /// Everything in BT.709.
        case standard
    }

    public enum Deinterlacing: String, Sendable, Hashable, Codable, CaseIterable {
        /// Of frames that say that they are interlaced.
        case auto
        case always
        case never
    }

    /// Of all renditions that name none of their own.
    public var codec: VideoCodec
    /// Nil: `renditions` as they are.
    public var ladder: Ladder?
    /// Largest first.
    public var renditions: [VideoRenditionRecipe]
    public var complexity: EncodingComplexity
    /// Between key frames, in seconds.
    public var keyFrameInterval: Double
    /// In frames a second; nil for 60.
    public var maximumFrameRate: Double?
    public var dynamicRange: DynamicRange
    public var deinterlacing: Deinterlacing
    /// Of the decoder's buffer, in seconds at the highest bit rate.
    public var bufferWindow: Double

    public init(
        codec: VideoCodec = .h264, ladder: Ladder? = nil, renditions: [VideoRenditionRecipe] = [],
        complexity: EncodingComplexity = .speed, keyFrameInterval: Double = 2, maximumFrameRate: Double? = nil,
        dynamicRange: DynamicRange = .keep, deinterlacing: Deinterlacing = .auto, bufferWindow: Double = 5
    ) {
        self.codec = codec
        self.ladder = ladder
        self.renditions = renditions
        self.complexity = complexity
        self.keyFrameInterval = keyFrameInterval
        self.maximumFrameRate = maximumFrameRate
        self.dynamicRange = dynamicRange
        self.deinterlacing = deinterlacing
        self.bufferWindow = bufferWindow
    }

    /// The reference's ranges (Azure Media Services v3, `Video` and `H264Video`).
    public static let keyFrameIntervals = 0.5...20.0
    public static let bufferWindows = 0.1...100.0
    public static let frameRates = 1.0...60.0

    var defects: [String] {
        var defects: [String] = []
        if ladder == nil, renditions.isEmpty { defects.append("renditions: at least one, or a ladder") }
        if ladder != nil, !renditions.isEmpty { defects.append("renditions: none beside a ladder") }
        if renditions.count > EncodingPreset.maximumRenditions {
            defects.append("renditions: at most \(EncodingPreset.maximumRenditions)")
        }
        if !Self.keyFrameIntervals.contains(keyFrameInterval) { defects.append("keyFrameInterval: 0.5 to 20 s") }
        if !Self.bufferWindows.contains(bufferWindow) { defects.append("bufferWindow: 0.1 to 100 s") }
        if let rate = maximumFrameRate, !Self.frameRates.contains(rate) { defects.append("frameRate: 1 to 60") }
        for (number, rendition) in renditions.enumerated() {
            defects += rendition.defects(codec).map { "renditions[\(number)].\($0)" }
        }
        return defects
    }
}

public enum VideoCodec: String, Sendable, Hashable, Codable, CaseIterable {
    case h264
    case hevc
    case av1

    /// The profiles that a recipe may ask for.
    public var profiles: [String] {
        switch self {
        case .h264: ["baseline", "main", "high"]
        case .hevc: ["main", "main10"]
        case .av1: ["main"]
        }
    }

    /// The largest constant rate factor.
    public var worstQuality: Double { self == .av1 ? 63 : 51 }
}

/// What is given for time (the reference's `complexity`).
public enum EncodingComplexity: String, Sendable, Hashable, Codable, CaseIterable {
    case speed
    case balanced
    case quality
}

/// One video rendition.
public struct VideoRenditionRecipe: Sendable, Hashable, Codable {
    /// Nil: the recipe's.
    public var codec: VideoCodec?
    /// The box that the picture is fitted into, in pixels; turned for pictures that are higher than wide.
    public var width: Int
    public var height: Int
    /// In bits per second: with `constantRateFactor` the most, else the average.
    public var bitrate: Int
    /// In bits per second; nil: `bitrate`.
    public var maximumBitrate: Int?
    /// Constant quality below the highest bit rate; nil: an average bit rate.
    public var constantRateFactor: Double?
    /// Nil: the codec's usual one.
    public var profile: String?

    public init(
        codec: VideoCodec? = nil, width: Int, height: Int, bitrate: Int, maximumBitrate: Int? = nil,
        constantRateFactor: Double? = nil, profile: String? = nil
    ) {
        self.codec = codec
        self.width = width
        self.height = height
        self.bitrate = bitrate
        self.maximumBitrate = maximumBitrate
        self.constantRateFactor = constantRateFactor
        self.profile = profile
    }

    public static let sizes = 16...8192
    public static let bitrates = 16_000...200_000_000

    func defects(_ usual: VideoCodec) -> [String] {
        let codec = codec ?? usual
        var defects: [String] = []
        if !Self.sizes.contains(width) { defects.append("width: 16 to 8192") }
        if !Self.sizes.contains(height) { defects.append("height: 16 to 8192") }
        if !Self.bitrates.contains(bitrate) { defects.append("bitrate: 16k to 200M") }
        if let most = maximumBitrate {
            if !Self.bitrates.contains(most) { defects.append("maxBitrate: 16k to 200M") }
            if most < bitrate { defects.append("maxBitrate: not below the bit rate") }
        }
        if let factor = constantRateFactor, !(0...codec.worstQuality).contains(factor) {
            defects.append("crf: 0 to \(Int(codec.worstQuality))")
        }
        if let profile, !codec.profiles.contains(profile) {
            defects.append("profile: \(codec.profiles.joined(separator: ", ")) for \(codec.rawValue)")
        }
        return defects
    }
}

/// How a stream of sound is encoded.
public struct AudioRecipe: Sendable, Hashable, Codable {
    public enum Codec: String, Sendable, Hashable, Codable, CaseIterable {
        case aac
        case opus
        /// AC-3 and E-AC-3 as they are in the source; of anything else no track is made.
        case passthrough
    }

    public var codec: Codec
    /// The most: 1, 2 or 6. More are mixed down; fewer stay.
    public var channels: Int
    /// In bits per second, of that many channels; fewer channels get their share.
    public var bitrate: Int
    /// Only streams of these (RFC 5646, as the source says them); empty: all.
    public var languages: [String]

    public init(codec: Codec = .aac, channels: Int = 2, bitrate: Int = 128_000, languages: [String] = []) {
        self.codec = codec
        self.channels = channels
        self.bitrate = bitrate
        self.languages = languages
    }

    public static let channelCounts = [1, 2, 6]
    public static let bitrates = 16_000...1_024_000

    var defects: [String] {
        var defects: [String] = []
        if !Self.channelCounts.contains(channels) { defects.append("channels: 1, 2 or 6") }
        if !Self.bitrates.contains(bitrate) { defects.append("bitrate: 16k to 1024k") }
        if languages.count > 32 { defects.append("languages: at most 32") }
        if !languages.allSatisfy({ (2...35).contains($0.utf8.count) }) { defects.append("languages: tags") }
        return defects
    }
}
