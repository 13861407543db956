import MediaModel

/// Goes through all samples of a track once, in decode order: those of the sample table, then those of the fragments.
struct SampleCursor {
    private var table: SampleTableCursor
    private let runs: [TrackRun]
    private let sourceSize: UInt64
    private var run = 0
    private var current: TrackRunCursor?
    private var decodeTime: Int64 = 0
    private var isInTable = true
    /// Samples given so far.
    private(set) var count = 0

    init(_ track: MovieTrack) {
        table = SampleTableCursor(track.table, sourceSize: track.source.size)
        runs = track.runs
        sourceSize = track.source.size
    }

    mutating func next() throws(MovieError) -> MovieSample? {
        guard let sample = try find() else { return nil }
        count += 1
        return sample
    }

    private mutating func find() throws(MovieError) -> MovieSample? {
        if isInTable {
            if let sample = try table.next() { return sample }
            isInTable = false
            decodeTime = table.decodeTime
        }
        while true {
            if let sample = try current?.next(&decodeTime) { return sample }
            guard run < runs.count else { return nil }
            if let time = runs[run].decodeTime { decodeTime = time }
            current = TrackRunCursor(runs[run], sourceSize: sourceSize)
            run += 1
        }
    }
}
