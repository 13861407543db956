/// Whether a film is encoded in pieces that need nothing of each other, so that several encoders can work at once and a crash
/// costs a piece. What comes of it is the same whoever makes the pieces: each begins with an encoder of its own.
public enum EncodingSplit: RawRepresentable, Sendable, Hashable, Codable {
    case off
    /// Films of `longFilm` seconds and more, in pieces of `usualPiece` seconds.
    case auto
    /// Every film, in pieces of so many seconds, rounded to whole groups of pictures.
    case seconds(Int)

    /// In seconds.
    public static let pieces = 10...3600
    public static let longFilm = 600.0
    public static let usualPiece = 120

    /// `off`, `auto`, or seconds as `90s`.
    public init?(rawValue: String) {
        switch rawValue {
        case "off": self = .off
        case "auto": self = .auto
        default:
            guard rawValue.hasSuffix("s"), rawValue.utf8.count <= 5, let seconds = Int(rawValue.dropLast()),
                Self.pieces.contains(seconds)
            else { return nil }
            self = .seconds(seconds)
        }
    }

    public var rawValue: String {
        switch self {
        case .off: "off"
        case .auto: "auto"
        case .seconds(let seconds): "\(seconds)s"
        }
    }

    /// How many pictures a piece has; nil for a film that is one piece.
    ///
    /// - Parameters:
    ///   - duration: of the film as its files declare it, in seconds.
    ///   - groupSize: in pictures.
    public func pieceSize(duration: Double, groupSize: Int, frameRate: Double) -> Int? {
        let seconds: Int
        switch self {
        case .off: return nil
        case .auto:
            guard duration >= Self.longFilm else { return nil }
            seconds = Self.usualPiece
        case .seconds(let wanted): seconds = wanted
        }
        guard groupSize > 0, frameRate > 0, frameRate <= 1000 else { return nil }
        let groups = max(1, Int((Double(seconds) * frameRate / Double(groupSize)).rounded()))
        return groups * groupSize
    }
}

extension EncodingOrder {
    /// What of an order one run makes.
    public enum Share: Sendable, Hashable, Codable {
        case whole
        /// Says what would be made, and makes nothing.
        case plan
        /// The video tracks from a picture on, and how many pictures of it; nil: to the end.
        case pictures(first: Int, count: Int?)
        /// Everything but video and still pictures, beside so many pictures.
        case sound(pictures: Int)
        /// Thumbnails and poster.
        ///
        /// - Parameter index: which input is the index of the track that the first one is, as it is stored; nil for a film as
        ///   any other.
        case stills(index: Int?)

        /// Of the only track that is read.
        public var storedIndex: Int? {
            if case .stills(let index) = self { index } else { nil }
        }
    }

    /// What a run needs to know of the whole film, of which it sees a part.
    public struct Known: Sendable, Hashable, Codable {
        /// Of the content-aware ladder.
        public var bitrateFactor: Double
        /// What the first picture is like (`DividedFilm.form`).
        public var form: String

        public init(bitrateFactor: Double, form: String) {
            self.bitrateFactor = bitrateFactor
            self.form = form
        }
    }
}

/// How a film falls into pieces.
public struct DividedFilm: Sendable, Hashable, Codable {
    /// In pictures.
    public var pieceSize: Int
    public static let maximumPieces = 10_000
    /// As many as the declared duration makes; the last one goes on to the film's end.
    public var pieceCount: Int
    /// The first tracks are video.
    public var videoCount: Int
    /// Whether there are tracks beside them.
    public var hasOthers: Bool
    public var bitrateFactor: Double
    /// What decides on filters and encoders, of the first picture.
    public var form: String
    /// Why the film must be read from its beginning to its end by one encoder; nil when it need not.
    public var obstacle: String?

    public init(
        pieceSize: Int, pieceCount: Int, videoCount: Int, hasOthers: Bool, bitrateFactor: Double, form: String,
        obstacle: String?
    ) {
        self.pieceSize = pieceSize
        self.pieceCount = pieceCount
        self.videoCount = videoCount
        self.hasOthers = hasOthers
        self.bitrateFactor = bitrateFactor
        self.form = form
        self.obstacle = obstacle
    }
}
