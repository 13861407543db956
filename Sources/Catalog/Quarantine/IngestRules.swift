/// What originals must be like: conditions on what a probe says of them, and what follows when one holds.
public struct IngestRules: Sendable, Hashable, Codable {
    public enum Action: String, Sendable, Hashable, Codable, CaseIterable {
        case warn
        /// Somebody must decide.
        case flag
        case reject
    }

    public var name: String
    public var description: String?
    /// What follows when a file is no media that can be read. Files of subtitles are not asked about.
    public var unreadable: Action
    public var rules: [IngestRule]

    public init(name: String, description: String? = nil, unreadable: Action, rules: [IngestRule]) {
        self.name = name
        self.description = description
        self.unreadable = unreadable
        self.rules = rules
    }

    /// Most rules of one document.
    public static let maximumRules = 64
}

/// One rule: it applies when all of its conditions hold.
public struct IngestRule: Sendable, Hashable, Codable {
    /// Unique in its document.
    public var name: String
    public var action: IngestRules.Action
    /// For people; nil for what the conditions say.
    public var message: String?
    public var conditions: [IngestCondition]

    public init(name: String, action: IngestRules.Action, message: String? = nil, conditions: [IngestCondition]) {
        self.name = name
        self.action = action
        self.message = message
        self.conditions = conditions
    }
}

/// One condition on a fact.
public struct IngestCondition: Sendable, Hashable, Codable {
    /// Facts that are numbers. Of a fact that each stream has, one stream is enough.
    public enum Number: String, Sendable, Hashable, Codable, CaseIterable {
        /// In seconds.
        case duration
        /// In pixels, upright.
        case width
        case height
        /// Frames per second.
        case frameRate
        /// Bits of a luma sample.
        case bitDepth
        case channels
        /// In Hz.
        case sampleRate
        case videoTracks
        case audioTracks
        case subtitleTracks
    }

    /// Facts that are words, in FFmpeg's spelling. Of a fact that each stream has, one stream is enough.
    public enum Word: String, Sendable, Hashable, Codable, CaseIterable {
        case container
        case videoCodec
        case audioCodec
        case subtitleCodec
        case colourPrimaries
        case transfer
        case matrix
        case pixelFormat
        /// `progressive` or `interlaced`.
        case scan
        case audioLayout
        /// ISO 639-2, `und` when the file does not say.
        case audioLanguage
        case subtitleLanguage
    }

    public enum Test: Sendable, Hashable, Codable {
        case below(Number, Double)
        case above(Number, Double)
        /// Is one of these.
        case anyOf(Word, [String])
        /// Is none of these.
        case otherThan(Word, [String])
        /// One of these is nowhere.
        case lacks(Word, [String])
    }

    public var test: Test

    public init(_ test: Test) {
        self.test = test
    }
}
