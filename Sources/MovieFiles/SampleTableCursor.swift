import ISOBaseMedia
import MediaModel

/// Goes through the samples of a sample table once, and holds its tables against each other on the way.
struct SampleTableCursor {
    private let table: SampleTable
    private let sourceSize: UInt64
    private var sizes: SampleTable.Sizes
    private var durations: RunLengths
    private var compositionOffsets: RunLengths?
    private var places: SamplePlaces
    private var syncSamples: SyncSamples?
    /// Of the next sample, from 0.
    private(set) var number = 0
    /// Of the next sample.
    private(set) var decodeTime: Int64 = 0

    init(_ table: SampleTable, sourceSize: UInt64) {
        self.table = table
        self.sourceSize = sourceSize
        sizes = table.sizes
        durations = RunLengths(table.durations)
        compositionOffsets = table.compositionOffsets.map(RunLengths.init)
        places = SamplePlaces(runs: table.runs, offsets: table.offsets)
        syncSamples = table.syncSamples.map(SyncSamples.init)
    }

    /// - Throws: when a table ends before the samples do or goes on behind them, or a sample lies outside the file.
    mutating func next() throws(MovieError) -> MovieSample? {
        guard number < table.sampleCount else {
            try durations.checkEnd("time")
            try compositionOffsets?.checkEnd("composition offset")
            try places.checkEnd()
            try syncSamples?.checkEnd(sampleCount: table.sampleCount)
            return nil
        }
        let size = try sizes.size(of: number)
        guard size > 0, size <= MovieBounds.sampleSize else {
            throw table.box.error(.damaged, "sample \(number + 1) has \(size) bytes")
        }
        let duration = try durations.next("time", sample: number)
        guard duration <= UInt32(Int32.max) else {
            throw durations.error("sample \(number + 1) has the duration \(duration), which is negative")
        }
        // Version 0 is unsigned by the standard, and written with negative numbers by many.
        let offset = Int32(bitPattern: try compositionOffsets?.next("composition offset", sample: number) ?? 0)
        let place = try places.next(size: size, sample: number)
        guard place <= sourceSize, UInt64(size) <= sourceSize - place else {
            throw places.error("sample \(number + 1) would lie at byte \(place), beyond the end of the file")
        }
        let sample = MovieSample(
            offset: place, size: size, decodeTime: decodeTime, duration: duration, compositionOffset: offset,
            isSync: try syncSamples?.next(sample: number) ?? true)
        decodeTime += Int64(duration)
        guard decodeTime < MovieBounds.time else { throw durations.error("its times are too large") }
        number += 1
        return sample
    }
}

/// Runs of equal values: a count, then the value (`stts`, `ctts`).
private struct RunLengths {
    private var table: EntryTable
    private var entry = 0
    private var left: UInt64 = 0
    private var value: UInt32 = 0

    init(_ table: EntryTable) {
        self.table = table
    }

    mutating func next(_ what: String, sample: Int) throws(MovieError) -> UInt32 {
        while left == 0 {
            guard entry < table.count else {
                throw table.error("it has no \(what) for sample \(sample + 1)", entry: entry)
            }
            left = try table.number(entry)
            value = UInt32(truncatingIfNeeded: try table.number(entry, at: 4))
            entry += 1
        }
        left -= 1
        return value
    }

    mutating func checkEnd(_ what: String) throws(MovieError) {
        while left == 0, entry < table.count {
            left = try table.number(entry)
            entry += 1
        }
        guard left == 0 else {
            throw table.error("it has a \(what) for more samples than there are", entry: entry - 1)
        }
    }

    func error(_ reason: String) -> MovieError { table.error(reason, entry: max(entry - 1, 0)) }
}

/// Where samples lie: `stsc` over `stco` or `co64`.
private struct SamplePlaces {
    private var runs: EntryTable
    private var offsets: EntryTable
    private var run = 0
    private var group = 0
    private var groupsLeft = 0
    private var samplesEach = 0
    private var left = 0
    private var position: UInt64 = 0

    init(runs: EntryTable, offsets: EntryTable) {
        self.runs = runs
        self.offsets = offsets
    }

    mutating func next(size: UInt32, sample: Int) throws(MovieError) -> UInt64 {
        if left == 0 { try startGroup(sample) }
        left -= 1
        defer { position += UInt64(size) }
        return position
    }

    /// Takes the next group of samples that lie together.
    private mutating func startGroup(_ sample: Int) throws(MovieError) {
        if groupsLeft == 0 { try startRun(sample) }
        guard group < offsets.count else {
            throw offsets.error("it has no place for sample \(sample + 1)", entry: group)
        }
        position = try offsets.number(group, size: offsets.entrySize)
        guard position <= UInt64(Int64.max) else {
            throw offsets.error("sample \(sample + 1) would lie at byte \(position), beyond any file", entry: group)
        }
        group += 1
        groupsLeft -= 1
        left = samplesEach
    }

    private mutating func startRun(_ sample: Int) throws(MovieError) {
        guard run < runs.count else { throw runs.error("it does not cover sample \(sample + 1)", entry: run) }
        let first = Int(try runs.number(run))
        samplesEach = Int(try runs.number(run, at: 4))
        let description = try runs.number(run, at: 8)
        // Counts of 2^32 samples hurt nobody: each needs a size and a duration that are there.
        let end = run + 1 < runs.count ? Int(try runs.number(run + 1)) - 1 : offsets.count
        guard first == group + 1, end > group || offsets.count == 0, samplesEach > 0 else {
            throw runs.error("entry \(run + 1) does not follow the one before it", entry: run)
        }
        guard description == 1 else {
            throw MovieError(
                .unsupported, "it changes to sample description \(description) at sample \(sample + 1)",
                path: runs.box.path, at: runs.place(of: run))
        }
        groupsLeft = max(end - group, 1)
        run += 1
    }

    func checkEnd() throws(MovieError) {
        guard left == 0, group == offsets.count else {
            throw offsets.error("it has places for more samples than there are", entry: group)
        }
    }

    func error(_ reason: String) -> MovieError { offsets.error(reason, entry: max(group - 1, 0)) }
}

/// Numbers of sync samples in ascending order (`stss`, 8.6.2).
private struct SyncSamples {
    private var table: EntryTable
    private var entry = 0
    private var upcoming: Int?

    init(_ table: EntryTable) {
        self.table = table
    }

    mutating func next(sample: Int) throws(MovieError) -> Bool {
        if upcoming == nil, entry < table.count {
            upcoming = Int(try table.number(entry))
            entry += 1
        }
        guard let found = upcoming else { return false }
        guard found > sample else { throw table.error("its numbers do not ascend", entry: entry - 1) }
        guard found == sample + 1 else { return false }
        upcoming = nil
        return true
    }

    func checkEnd(sampleCount: Int) throws(MovieError) {
        guard upcoming == nil, entry == table.count else {
            throw table.error("it names samples that are not there (there are \(sampleCount))", entry: entry)
        }
    }
}
