import ISOBaseMedia
public import MediaModel

/// A video or audio track of a movie file: how it is coded, when it plays, and where its samples lie.
public struct MovieTrack: Sendable {
    let header: MovieTrackHeader
    public let kind: TrackKind
    /// The name of its file.
    public let file: String
    let coding: any SampleCoding
    let table: SampleTable
    let runs: [TrackRun]
    var timeline: EditedTimeline
    let source: any MovieSource
    /// What `mdat` boxes of its file hold, ascending.
    let media: [Range<UInt64>]

    /// `tkhd`'s track id.
    public var id: UInt32 { header.id }
    public var timescale: UInt32 { header.timescale }
    public var language: String { header.language }
    public var codec: CodecConfiguration { coding.configuration }

    init(
        _ header: MovieTrackHeader, _ kind: TrackKind, _ layout: MovieLayout, _ source: any MovieSource, file: String
    ) throws(MovieError) {
        self.header = header
        self.kind = kind
        self.file = file
        self.source = source
        media = layout.media
        let parts = try header.information.children(in: source)
        try Self.checkPlace(of: parts, source)
        let tableBox = try parts.only("stbl", in: header.information)
        table = try SampleTable(tableBox, in: source)
        runs = layout.runs[header.id] ?? []
        let total = runs.reduce(table.sampleCount) { $0 + $1.sampleCount }
        guard total > 0 else { throw header.box.error(.damaged, "track \(header.id) has no sample") }
        guard total <= MovieBounds.samples else {
            throw header.box.error(.limitExceeded, "track \(header.id) has \(total) samples")
        }
        timeline = try EditedTimeline(header, movieTimescale: layout.timescale, isFragmented: layout.extensions != nil)
        let description = try tableBox.children(in: source).only("stsd", in: tableBox)
        var first = FirstSample(table: table, runs: runs, source: source)
        let entry = try SampleDescription(description, kind, in: source)
        coding = try entry.coding { () throws(MovieError) in
            try first.read()
        }
    }

    /// Media in other files is not fetched from wherever the file says.
    private static func checkPlace(of parts: [BoxPlace], _ source: any MovieSource) throws(MovieError) {
        guard let information = parts.first("dinf"),
            let references = try information.children(in: source).first("dref"), references.payload.count > 8
        else { return }
        let start = references.payload.lowerBound + 8
        var walk = BoxWalk(source: source, range: start..<references.payload.upperBound, path: references.path)
        while let entry = try walk.next() {
            guard entry.payload.count >= 4 else { throw entry.error(.damaged, "it ends too early") }
            let flags = try source.read(entry.payload.lowerBound..<(entry.payload.lowerBound + 4))
            guard flags[3] & 1 == 1 else { throw entry.error(.unsupported, "its media is in another file") }
        }
    }
}

/// The bytes of a track's first sample, for codings that keep parameters there.
private struct FirstSample {
    let table: SampleTable
    let runs: [TrackRun]
    let source: any MovieSource

    mutating func read() throws(MovieError) -> [UInt8] {
        var cursor = SampleTableCursor(table, sourceSize: source.size)
        var sample = try cursor.next()
        if sample == nil, let run = runs.first {
            var runCursor = TrackRunCursor(run, sourceSize: source.size)
            var time: Int64 = 0
            sample = try runCursor.next(&time)
        }
        guard let sample else { return [] }
        return try source.read(sample.offset..<(sample.offset + UInt64(sample.size)))
    }
}
