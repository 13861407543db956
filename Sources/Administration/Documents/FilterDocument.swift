import MediaModel
import Policies

/// `kind: Filter`: which part of a presentation manifests show, in the reference's names (Azure Media Services' account and
/// asset filters).
extension DocumentNode {
    private static let rangeFields = ["startTimestamp", "endTimestamp", "timescale"]
    /// The reference's, for streams that are still made.
    private static let liveFields = ["presentationWindowDuration", "liveBackoffDuration", "forceEndTimestamp"]

    func filter() -> PresentationFilter? {
        let known = ["kind", "name", "asset", "presentationTimeRange", "firstQuality", "tracks"]
        guard let fields = DocumentFields(self, of: "a Filter", known: known) else { return nil }
        let name = fields.required("name")?.filterName()
        let asset = fields["asset"]?.name("asset")
        let range = fields["presentationTimeRange"]?.timeRange()
        let quality = fields["firstQuality"]?.firstQuality()
        let tracks = fields["tracks"]?.list("tracks")?.compactMap { $0.trackSelection() } ?? []
        if fields["presentationTimeRange"] == nil, fields["firstQuality"] == nil, fields["tracks"] == nil {
            report("a Filter needs 'presentationTimeRange', 'firstQuality' or 'tracks'")
        }
        guard let name else { return nil }
        return PresentationFilter(name: name, asset: asset, timeRange: range, firstQuality: quality, tracks: tracks)
    }

    private func filterName() -> String? {
        guard let text = name("name") else { return nil }
        guard PresentationFilter.isName(text) else {
            report("a filter's 'name' is 1 to 64 of lower-case letters, digits, '.', '_' and '-': it is part of URLs")
            return nil
        }
        return text
    }

    private func timeRange() -> FilterTimeRange? {
        let known = Self.rangeFields + Self.liveFields
        guard let fields = DocumentFields(self, of: "'presentationTimeRange'", known: known) else { return nil }
        for field in Self.liveFields {
            fields[field]?.report("'\(field)' is for live streams, which this version does not have")
        }
        let times = 0...999_999_999_999_999_999
        let start = fields["startTimestamp"].map { $0.number("startTimestamp", in: times) ?? 0 } ?? 0
        let end = fields["endTimestamp"].flatMap { $0.number("endTimestamp", in: times) }
        let timescale = fields["timescale"].flatMap { $0.number("timescale", in: 1...Int(UInt32.max)) }
        if let end, end <= start { report("'endTimestamp' lies behind 'startTimestamp'") }
        return FilterTimeRange(
            start: UInt64(start), end: end.map { UInt64($0) },
            timescale: timescale.map { UInt32($0) } ?? FilterTimeRange.usualTimescale)
    }

    private func firstQuality() -> Int? {
        DocumentFields(self, of: "'firstQuality'", known: ["bitrate"])?.required("bitrate")?
            .number("bitrate", in: 1...999_999_999_999)
    }

    private func trackSelection() -> FilterTrackSelection? {
        guard let fields = DocumentFields(self, of: "an item of 'tracks'", known: ["trackSelections"]),
            let items = fields.required("trackSelections")?.list("trackSelections")
        else { return nil }
        return FilterTrackSelection(items.compactMap { $0.filterCondition() })
    }

    private func filterCondition() -> FilterCondition? {
        let known = ["property", "operation", "value"]
        guard let fields = DocumentFields(self, of: "an item of 'trackSelections'", known: known) else { return nil }
        let property = fields.required("property")?.choice(FilterCondition.Property.self, "property")
        let operation = fields.required("operation")?.choice(FilterCondition.Operation.self, "operation")
        let node = fields.required("value")
        guard let property, let operation, let node, let value = node.text("value", limit: 256) else { return nil }
        if property == .bitrate, FilterCondition.bitrates(value) == nil {
            node.report("'value' of Bitrate is bits per second, or 'from-to', of which one may be missing")
        }
        if property == .type, TrackKind(rawValue: value) == nil {
            node.report("'value' of Type is 'video', 'audio', 'text' or 'image'")
        }
        return FilterCondition(property, operation, value)
    }
}
