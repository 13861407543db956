/// Which part of a presentation a manifest shows: some of its tracks, some of its time. A filter chooses, it does not
/// protect: what a manifest leaves out can still be had by whoever knows its URL.
public struct PresentationFilter: Sendable, Hashable, Codable {
    /// Lower-case letters, digits, `.`, `_` and `-`; part of URLs, whose letter case is free.
    @Exact public var name: String
    /// The asset that alone has the filter; nil for a filter of every asset. An asset's own filter takes the place of one
    /// that has its name and is every asset's.
    @Exact public var asset: String?
    public var timeRange: FilterTimeRange?
    /// Bits per second: HLS players begin with the largest track of pictures that has no more.
    public var firstQuality: Int?
    /// A track is shown when any of these selects it; none for all tracks.
    public var tracks: [FilterTrackSelection]

    public init(
        name: String, asset: String? = nil, timeRange: FilterTimeRange? = nil, firstQuality: Int? = nil,
        tracks: [FilterTrackSelection] = []
    ) {
        self.name = name
        self.asset = asset
        self.timeRange = timeRange
        self.firstQuality = firstQuality
        self.tracks = tracks
    }

    /// What tells it from every other filter: its name, behind the asset's and a slash where it is an asset's.
    public var identity: String { Self.identity(name, asset: asset) }

    public static func identity(_ name: String, asset: String?) -> String {
        asset.map { "\($0)/\(name)" } ?? name
    }

    /// Whether a text can be a filter's name.
    public static func isName(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }
}

/// A part of a presentation's time. A segment that lies across one of its ends is shown whole.
public struct FilterTimeRange: Sendable, Hashable, Codable {
    public var start: UInt64
    /// Nil for the end of the presentation.
    public var end: UInt64?
    /// Units a second of both.
    public var timescale: UInt32

    /// Units a second where a filter names none.
    public static let usualTimescale: UInt32 = 10_000_000

    public init(start: UInt64 = 0, end: UInt64? = nil, timescale: UInt32 = usualTimescale) {
        self.start = start
        self.end = end
        self.timescale = timescale
    }
}

/// Conditions that must all hold for a track.
public struct FilterTrackSelection: Sendable, Hashable, Codable {
    public var conditions: [FilterCondition]

    public init(_ conditions: [FilterCondition]) {
        self.conditions = conditions
    }
}

/// A condition on a track.
public struct FilterCondition: Sendable, Hashable, Codable {
    /// The reference's names.
    public enum Property: String, Sendable, Hashable, Codable, CaseIterable {
        /// `video`, `audio`, `text` or `image`.
        case type = "Type"
        case name = "Name"
        /// RFC 5646, in any letter case.
        case language = "Language"
        /// Of the sample entry, as `avc1`.
        case fourCC = "FourCC"
        /// Bits per second: one value, or `from-to`, of which one may be missing.
        case bitrate = "Bitrate"
    }

    public enum Operation: String, Sendable, Hashable, Codable, CaseIterable {
        case equal = "Equal"
        case notEqual = "NotEqual"
    }

    public var property: Property
    public var operation: Operation
    @Exact public var value: String

    public init(_ property: Property, _ operation: Operation, _ value: String) {
        self.property = property
        self.operation = operation
        self.value = value
    }

    /// That a property is equal to a value.
    public init(_ property: Property, _ value: String) {
        self.init(property, .equal, value)
    }

    /// The bit rates that a value of `bitrate` names; nil when it names none.
    public static func bitrates(_ text: String) -> ClosedRange<Int>? {
        let sides = text.split(separator: "-", omittingEmptySubsequences: false)
        guard sides.allSatisfy({ $0.utf8.count <= 12 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            return nil
        }
        let values = sides.map { Int($0) }
        switch values.count {
        case 1: return values[0].map { $0...$0 }
        case 2 where values[0] != nil || values[1] != nil:
            let (from, to) = (values[0] ?? 0, values[1] ?? Int.max)
            return from <= to ? from...to : nil
        default: return nil
        }
    }
}
