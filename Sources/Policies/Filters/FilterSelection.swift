public import MediaModel

/// Some filters together: only what all of them show is shown.
public struct FilterSelection: Sendable, Hashable {
    /// The most that may be combined, those of the locator among them.
    public static let maximumCount = 10

    private let filters: [PresentationFilter]
    /// Where to begin; nil where no filter says.
    public let firstQuality: Int?

    /// - Throws: when two of them say where to begin.
    public init(_ filters: [PresentationFilter]) throws(FilterConflict) {
        self.filters = filters
        let qualities = filters.compactMap(\.firstQuality)
        guard qualities.count <= 1 else { throw FilterConflict() }
        firstQuality = qualities.first
    }

    /// Whether nothing is left out.
    public var isEmpty: Bool { filters.isEmpty }

    /// Whether a track is shown.
    public func shows(_ track: TrackDescription) -> Bool {
        filters.allSatisfy { filter in
            filter.tracks.isEmpty || filter.tracks.contains { $0.conditions.allSatisfy { $0.holds(for: track) } }
        }
    }

    /// Whether a segment is shown.
    ///
    /// - Parameters:
    ///   - start: in the timescale of the track.
    ///   - end: behind its last sample.
    public func shows(from start: UInt64, to end: UInt64, timescale: UInt32) -> Bool {
        filters.compactMap(\.timeRange).allSatisfy { range in
            let scale = UInt128(timescale)
            let begins = UInt128(range.start) * scale
            guard UInt128(end) * UInt128(range.timescale) > begins else { return false }
            return range.end.map { UInt128(start) * UInt128(range.timescale) < UInt128($0) * scale } ?? true
        }
    }
}

/// Two filters say which quality comes first.
public struct FilterConflict: Error, Sendable, Hashable {}

extension FilterCondition {
    func holds(for track: TrackDescription) -> Bool {
        matches(track) == (operation == .equal)
    }

    private func matches(_ track: TrackDescription) -> Bool {
        switch property {
        case .type: track.kind.rawValue.isExactly(value)
        case .name: track.name.isExactly(value)
        case .language: track.language.lowercased().isExactly(value.lowercased())
        case .fourCC: track.codec.sampleEntry.description.isExactly(value)
        // As manifests show it.
        case .bitrate: Self.bitrates(value)?.contains(track.peakBitrate) ?? false
        }
    }
}
