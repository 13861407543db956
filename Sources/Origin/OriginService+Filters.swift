import Catalog
import MediaModel
import Policies
import Presentations

/// Filters choose what manifests show; segments and their URLs know nothing of them.
extension OriginService {
    /// The filters of a URL and of its locator together.
    ///
    /// - Throws: `OriginError` for names that are no filter's, too many, and filters that contradict each other.
    func filters(_ names: [String], _ lookup: LocatorLookup) async throws -> FilterSelection {
        let all = Set(names + lookup.terms.locator.filters).sorted()
        guard all.count <= FilterSelection.maximumCount else {
            throw OriginError(
                .badURLSyntax, "At most \(FilterSelection.maximumCount) filters are combined, the locator's among them."
            )
        }
        var filters: [PresentationFilter] = []
        for name in all {
            var filter = try await catalog.filter(PresentationFilter.identity(name, asset: lookup.asset.name))
            if filter == nil { filter = try await catalog.filter(name) }
            guard let filter else { throw OriginError(.filterNotFound, "There is no filter of that name.") }
            filters.append(filter)
        }
        do {
            return try FilterSelection(filters)
        } catch {
            throw OriginError(.filtersIncompatible, "Two of the filters say which quality comes first.")
        }
    }
}

extension FilterSelection {
    /// A track as the filters show it; nil when they do not.
    func apply(to track: PresentedTrack) -> PresentedTrack? {
        guard !isEmpty else { return track }
        guard shows(track.description) else { return nil }
        // Sheets are long: which of them lie under what is shown, the presentation finds.
        if track.description.kind == .image { return track }
        let shown = track.segments.indices.filter { number in
            let segment = track.segments[number]
            return shows(
                from: segment.start, to: segment.start + segment.duration, timescale: track.description.timescale)
        }
        // What lies between two times is without gaps.
        guard let first = shown.first, let last = shown.last else { return nil }
        return track.cut(to: first..<(last + 1))
    }

    /// The tracks as the filters show them.
    ///
    /// - Throws: `OriginError` when nothing is left.
    func apply(to tracks: [PresentedTrack]) throws(OriginError) -> [PresentedTrack] {
        let shown = tracks.compactMap(apply(to:))
        // Text or thumbnails alone are no presentation.
        guard shown.contains(where: \.description.kind.isMedia) else {
            throw OriginError(.trackNotFound, "The filters leave nothing to be shown.")
        }
        return shown
    }
}
