import ISOBaseMedia
import MediaModel

/// Finds the runs of samples in `moof` boxes (ISO/IEC 14496-12, 8.8), and where each of them lies.
struct FragmentReader {
    let source: any MovieSource
    let extensions: [UInt32: TrackExtendsBox]
    private(set) var runs: [UInt32: [TrackRun]] = [:]
    private var runCount = 0

    /// Of all runs of a file.
    private static let maximumRuns = 1 << 21

    init(source: any MovieSource, extensions: [UInt32: TrackExtendsBox]) {
        self.source = source
        self.extensions = extensions
    }

    /// Takes one `moof`.
    mutating func read(_ fragment: BoxPlace) throws(MovieError) {
        // What the next track fragment counts from, unless it says otherwise (8.8.7.1): the end of the one before.
        var end = fragment.offset
        for box in try fragment.children(in: source) where box.type == "traf" {
            end = try readTrack(box, fragment: fragment, after: end)
        }
    }

    /// - Returns: where the samples of the track fragment end.
    private mutating func readTrack(
        _ box: BoxPlace, fragment: BoxPlace, after end: UInt64
    ) throws(MovieError) -> UInt64 {
        let children = try box.children(in: source)
        let headerBox = try children.only("tfhd", in: box)
        let header = try headerBox.read(TrackFragmentHeaderBox.self, from: source)
        guard let movieDefaults = extensions[header.trackID] else {
            throw headerBox.error(.damaged, "track \(header.trackID) has no 'trex' in 'moov'")
        }
        let description = header.sampleDescriptionIndex ?? movieDefaults.sampleDescriptionIndex
        guard description == 1 || !children.contains(where: { $0.type == "trun" }) else {
            throw headerBox.error(.unsupported, "it changes to sample description \(description)")
        }
        let defaults = TrackRun.Defaults(
            duration: header.sampleDuration ?? movieDefaults.sampleDuration,
            size: header.sampleSize ?? movieDefaults.sampleSize, flags: header.sampleFlags ?? movieDefaults.sampleFlags)
        var decodeTime = try decodeTime(children)
        var smoothTime = decodeTime == nil ? try smoothTime(children) : nil
        let base = header.baseDataOffset ?? (header.defaultBaseIsMoof ? fragment.offset : end)
        var next: UInt64?
        for child in children where child.type == "trun" {
            runCount += 1
            guard runCount <= Self.maximumRuns else { throw child.error(.limitExceeded, "the file has too many runs") }
            var run = try TrackRun(child, in: source, base: base, next: next, defaults: defaults)
            if let time = smoothTime, run.sampleCount > 0 {
                decodeTime = time - Int64(try firstOffset(of: run))
                smoothTime = nil
            }
            run.decodeTime = decodeTime
            decodeTime = nil
            next = try self.end(of: run)
            if run.sampleCount > 0 { runs[header.trackID, default: []].append(run) }
        }
        return next ?? end
    }

    /// Of the first sample, as `tfdt` says it (8.8.12).
    private func decodeTime(_ children: [BoxPlace]) throws(MovieError) -> Int64? {
        guard let box = children.first("tfdt") else { return nil }
        let time = try box.read(TrackFragmentDecodeTimeBox.self, from: source).decodeTime
        guard time < UInt64(MovieBounds.time) else { throw box.error(.damaged, "its time is too large") }
        return Int64(time)
    }

    private static let smoothType: [UInt8] = [
        0x6D, 0x1D, 0x9B, 0x05, 0x42, 0xD5, 0x44, 0xE6, 0x80, 0xE2, 0x14, 0x1D, 0xAF, 0xF7, 0x57, 0xB2,
    ]

    /// When the first sample is shown, as Smooth Streaming files say it in their `tfxd` (MS-SSTR, 2.2.4.4); signed, since
    /// sound may begin before the presentation.
    private func smoothTime(_ children: [BoxPlace]) throws(MovieError) -> Int64? {
        for box in children where box.type == "uuid" && box.payload.count >= 28 && box.payload.count <= 64 {
            let content = try box.content(of: source)
            guard Array(content.prefix(16)) == Self.smoothType else { continue }
            let isLong = content[16] == 1 && content.count >= 36
            let time =
                isLong
                ? Int64(bitPattern: content.bigEndian(at: 20, count: 8)) : Int64(content.bigEndian(at: 20, count: 4))
            guard time.magnitude < UInt64(MovieBounds.time) else { throw box.error(.damaged, "its time is too large") }
            return time
        }
        return nil
    }

    private func firstOffset(of run: TrackRun) throws(MovieError) -> Int32 {
        var cursor = TrackRunCursor(run, sourceSize: source.size)
        var time: Int64 = 0
        return try cursor.next(&time)?.compositionOffset ?? 0
    }

    /// Where the samples of a run end, once all of them were found to lie in the file.
    private func end(of run: TrackRun) throws(MovieError) -> UInt64 {
        if run.sampleCount > 0, !run.hasSizes {
            let bytes = UInt64(run.sampleCount).multipliedReportingOverflow(by: UInt64(run.defaults.size))
            guard !bytes.overflow, run.offset <= source.size, bytes.partialValue <= source.size - run.offset else {
                throw run.box.error(.damaged, "its \(run.sampleCount) samples do not fit the file")
            }
            return run.offset + bytes.partialValue
        }
        var cursor = TrackRunCursor(run, sourceSize: source.size)
        var time: Int64 = 0
        while try cursor.next(&time) != nil {}
        return cursor.end
    }
}
