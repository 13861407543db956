/// What the encoder child tells its parent on the way.
public enum EncoderEvent: Sendable, Hashable, Codable {
    /// The input was opened.
    case probed(EncoderInput)
    /// What will be made, in the order of track numbers.
    case planned(tracks: [PlannedRendition])
    /// How the film falls into pieces; when only that was asked for.
    case divided(DividedFilm)
    /// How many pictures of the film there are up to the end of what was made.
    case encoded(pictures: Int)
    /// - Parameters:
    ///   - fraction: of the input's duration, 0 to 1.
    ///   - seconds: of the input that are done.
    ///   - speed: times real time.
    case progress(fraction: Double, seconds: Double, speed: Double)
    /// Something that an operator should know and that did not stop the work.
    case warning(message: String)
    /// How close a rendition came to its source; when the order asks for it.
    case measured(RenditionQuality)
    /// What a segment came to that was verified.
    case decoded(frames: Int, errors: Int)
    /// What a file is made of.
    case inspected(MediaFacts)
    /// The next of a fingerprint of sound.
    case fingerprinted(items: [UInt32])
    /// All tracks are complete. Nothing follows.
    case finished
    /// The work stopped. Nothing follows.
    case failed(code: EncoderFailureCode, message: String)
}

/// A rendition against its source in the rendition's size, over all pictures.
public struct RenditionQuality: Sendable, Hashable, Codable {
    /// Of the track.
    public var name: String
    /// Structural similarity, 1 for the same.
    public var similarity: Double
    /// Peak signal-to-noise ratio in dB; nil for the same.
    public var signalToNoise: Double?
    /// How many were compared; nil when it is not known.
    public var pictures: Int?

    public init(name: String, similarity: Double, signalToNoise: Double?, pictures: Int? = nil) {
        self.name = name
        self.similarity = similarity
        self.signalToNoise = signalToNoise
        self.pictures = pictures
    }
}

/// What the input turned out to be.
public struct EncoderInput: Sendable, Hashable, Codable {
    /// The demuxer's name, as `mov,mp4,m4a,3gp,3g2,mj2`.
    public var format: String
    /// In seconds; 0 when unknown.
    public var duration: Double
    /// Nil without video.
    public var videoCodec: String?
    /// In pixels, upright and with square ones; 0 without video.
    public var width: Int
    public var height: Int
    /// Frames per second that is encoded at; 0 without video.
    public var frameRate: Double
    /// Nil without sound.
    public var audioCodec: String?

    public init(
        format: String, duration: Double, videoCodec: String?, width: Int, height: Int, frameRate: Double,
        audioCodec: String?
    ) {
        self.format = format
        self.duration = duration
        self.videoCodec = videoCodec
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.audioCodec = audioCodec
    }
}

/// One track that will be made.
public struct PlannedRendition: Sendable, Hashable, Codable {
    public var name: String
    /// In bits per second.
    public var bitrate: Int
    /// In pixels; nil for audio.
    public var width: Int?
    public var height: Int?

    public init(name: String, bitrate: Int, width: Int? = nil, height: Int? = nil) {
        self.name = name
        self.bitrate = bitrate
        self.width = width
        self.height = height
    }
}

/// Why an encode failed; stable.
public enum EncoderFailureCode: String, Sendable, Hashable, Codable, CaseIterable {
    /// The input cannot be opened.
    case inputMissing
    case inputEmpty
    /// No demuxer knows what it is.
    case notMedia
    case noVideo
    case unsupportedCodec
    /// It ends before what it declares.
    case truncated
    /// It cannot be decoded, or contradicts itself.
    case damaged
    /// Legal, but not among what is taken without encoding it anew.
    case notTaken
    /// Its samples are encrypted already.
    case encrypted
    /// The renditions of a set have their key frames at different times.
    case notAligned
    /// A limit on memory, time or size was reached.
    case limitExceeded
    /// The preset is not known.
    case unknownPreset
    case internalError
}

/// Exit codes of the child (sysexits.h).
public enum EncoderExitCode {
    public static let finished: Int32 = 0
    public static let usage: Int32 = 64
    public static let badData: Int32 = 65
    public static let noInput: Int32 = 66
    public static let internalError: Int32 = 70
    /// The work stood still: a decoder or an encoder hangs.
    public static let stalled: Int32 = 75
}

/// What the child may use; it sets the limits on itself before it touches the input.
public struct EncoderLimits: Sendable, Hashable {
    /// Address space, in bytes.
    public var memory: Int
    /// Of processor time, in seconds.
    public var processorTime: Int
    /// Threads of each codec; 0 for as many as there are processors.
    public var threads: Int
    /// How long the work may stand still, in seconds: a decoder that hangs uses no more time than that.
    public var standstill: Int

    /// The number of arguments that they are.
    public static let argumentCount = 8

    public init(
        memory: Int = 6 << 30, processorTime: Int = 24 * 3600, threads: Int = 0, standstill: Int = 300
    ) {
        self.memory = memory
        self.processorTime = processorTime
        self.threads = threads
        self.standstill = standstill
    }

    /// As arguments of the child.
    public var arguments: [String] {
        [
            "--memory", "\(memory)", "--processor-time", "\(processorTime)", "--threads", "\(threads)", "--standstill",
            "\(standstill)",
        ]
    }

    /// From the child's arguments; nil for anything else than `arguments` writes.
    public init?(arguments: [String]) {
        guard arguments.count == Self.argumentCount, arguments[0] == "--memory", arguments[2] == "--processor-time",
            arguments[4] == "--threads", arguments[6] == "--standstill", let memory = Int(arguments[1]),
            let time = Int(arguments[3]), let threads = Int(arguments[5]), let standstill = Int(arguments[7]),
            memory > 0, time > 0, (0...64).contains(threads), standstill > 0
        else { return nil }
        self.init(memory: memory, processorTime: time, threads: threads, standstill: standstill)
    }
}
