import ISOBaseMedia
import MediaModel

/// The samples of one `trun` (ISO/IEC 14496-12, 8.8.8): its entries stay in the file.
struct TrackRun: Sendable {
    /// Of the first sample, when this is the first run of a track fragment that says so.
    var decodeTime: Int64?
    /// Where the first sample lies.
    var offset: UInt64
    var present: TrackRunBox.Fields
    var firstFlags: SampleFlags?
    var defaults: Defaults
    /// For the entries; empty entries have none.
    var entries: EntryTable?
    var sampleCount: Int
    var box: BoxPlace

    /// What holds where a sample does not say otherwise: `trex`, then `tfhd`.
    struct Defaults: Sendable, Hashable {
        var duration: UInt32
        var size: UInt32
        var flags: SampleFlags
    }

    /// - Parameters:
    ///   - box: `trun`.
    ///   - base: what its data offset counts from.
    ///   - next: where the samples of the run before it end; nil for the first of a track fragment.
    init(
        _ box: BoxPlace, in source: any MovieSource, base: UInt64, next: UInt64?, defaults: Defaults
    ) throws(MovieError) {
        self.box = box
        self.defaults = defaults
        let head = try source.read(box.payload.prefix(16))
        guard head.count >= 8 else { throw box.error(.damaged, "it ends too early") }
        guard head[0] <= 1 else { throw box.error(.damaged, "version \(head[0]) is unknown") }
        let flags = UInt32(truncatingIfNeeded: head.bigEndian(at: 1, count: 3))
        present = TrackRunBox.Fields(rawValue: flags & 0x0F00)
        let count = head.bigEndian(at: 4, count: 4)
        var position = 8
        offset = next ?? base
        if flags & 1 != 0 {
            let relative = Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: head.bigEndian(at: position, count: 4))))
            let place = Int64(clamping: base).addingReportingOverflow(relative)
            guard !place.overflow, let place = UInt64(exactly: place.partialValue) else {
                throw box.error(.damaged, "its samples would lie before the file")
            }
            offset = place
            position += 4
        }
        if flags & 4 != 0 {
            firstFlags = SampleFlags(rawValue: UInt32(truncatingIfNeeded: head.bigEndian(at: position, count: 4)))
            position += 4
        }
        let entrySize = present.rawValue.nonzeroBitCount * 4
        if entrySize > 0 {
            let start = box.payload.lowerBound + UInt64(position)
            entries = try EntryTable(box, in: source, start: start, entrySize: entrySize, count: count)
        }
        // Without sizes of their own nothing but the file holds the count of samples down.
        guard entries != nil || defaults.size > 0, count <= source.size else {
            throw box.error(.damaged, "it claims \(count) samples without a size")
        }
        sampleCount = Int(count)
    }

    /// Whether each sample says how large it is.
    var hasSizes: Bool { present.contains(.size) }
}

extension Range<UInt64> {
    /// At most the first bytes of it.
    fileprivate func prefix(_ count: UInt64) -> Range<UInt64> {
        lowerBound..<(lowerBound + Swift.min(count, upperBound - lowerBound))
    }
}

/// Goes through the samples of one run.
struct TrackRunCursor {
    private let run: TrackRun
    private let sourceSize: UInt64
    private var entries: EntryTable?
    private var number = 0
    private var position: UInt64

    init(_ run: TrackRun, sourceSize: UInt64) {
        self.run = run
        self.sourceSize = sourceSize
        entries = run.entries
        position = run.offset
    }

    /// Where the sample after the last one that was given would lie.
    var end: UInt64 { position }

    /// - Parameter decodeTime: of the sample; set to that of the next one.
    mutating func next(_ decodeTime: inout Int64) throws(MovieError) -> MovieSample? {
        guard number < run.sampleCount else { return nil }
        var fields: [UInt32] = []
        for field in 0..<run.present.rawValue.nonzeroBitCount {
            fields.append(UInt32(truncatingIfNeeded: try entries?.number(number, at: field * 4) ?? 0))
        }
        var values = fields[...]
        let duration = run.present.contains(.duration) ? values.popFirst() ?? 0 : run.defaults.duration
        let size = run.present.contains(.size) ? values.popFirst() ?? 0 : run.defaults.size
        var flags =
            run.present.contains(.flags)
            ? SampleFlags(rawValue: values.popFirst() ?? 0) : run.defaults.flags
        if number == 0, let first = run.firstFlags { flags = first }
        let offset = run.present.contains(.compositionOffset) ? Int32(bitPattern: values.popFirst() ?? 0) : 0
        guard size > 0, size <= MovieBounds.sampleSize else {
            throw run.box.error(.damaged, "sample \(number + 1) has \(size) bytes")
        }
        guard duration <= UInt32(Int32.max) else {
            throw run.box.error(.damaged, "sample \(number + 1) has the duration \(duration)")
        }
        guard position <= sourceSize, UInt64(size) <= sourceSize - position else {
            throw run.box.error(
                .damaged, "sample \(number + 1) would lie at byte \(position), beyond the end of the file")
        }
        let sample = MovieSample(
            offset: position, size: size, decodeTime: decodeTime, duration: duration, compositionOffset: offset,
            isSync: flags.isSync)
        position += UInt64(size)
        decodeTime += Int64(duration)
        guard decodeTime < MovieBounds.time else { throw run.box.error(.damaged, "its times are too large") }
        number += 1
        return sample
    }
}
