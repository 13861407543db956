public import Policies

/// A filter as a document declares it.
public struct FilterForm: Codable, Sendable, Hashable {
    public struct TimeRange: Codable, Sendable, Hashable {
        public var startTimestamp: UInt64
        public var endTimestamp: UInt64?
        public var timescale: UInt32
    }

    public struct FirstQuality: Codable, Sendable, Hashable {
        public var bitrate: Int
    }

    public struct Condition: Codable, Sendable, Hashable {
        public var property: String
        public var operation: String
        public var value: String
    }

    public struct Selection: Codable, Sendable, Hashable {
        public var trackSelections: [Condition]
    }

    public var kind: String
    public var name: String
    public var asset: String?
    public var presentationTimeRange: TimeRange?
    public var firstQuality: FirstQuality?
    public var tracks: [Selection]?

    public init(_ filter: PresentationFilter) {
        kind = Document.Kind.filter.rawValue
        name = filter.name
        asset = filter.asset
        presentationTimeRange = filter.timeRange.map {
            TimeRange(startTimestamp: $0.start, endTimestamp: $0.end, timescale: $0.timescale)
        }
        firstQuality = filter.firstQuality.map(FirstQuality.init)
        guard !filter.tracks.isEmpty else { return }
        tracks = filter.tracks.map { selection in
            Selection(
                trackSelections: selection.conditions.map {
                    Condition(property: $0.property.rawValue, operation: $0.operation.rawValue, value: $0.value)
                })
        }
    }
}
