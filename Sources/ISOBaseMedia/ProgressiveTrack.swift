public import MediaModel

/// The sample table of a whole track in a file that is not fragmented (ISO/IEC 14496-12, 8.5 to 8.7), made of its index: each
/// segment's samples lie together.
///
/// Media time begins with the first sample's decoding; composition offsets are raised until none is negative, and an edit list
/// puts the first picture where the index has it.
public struct ProgressiveTrack: Sendable {
    let description: TrackDescription
    private let durations: [TimeToSampleBox.Entry]
    private let offsets: [CompositionOffsetBox.Entry]
    private let syncSamples: [UInt32]?
    private let sizes: [UInt32]
    private let runs: [SampleToChunkBox.Entry]
    /// In the track's timescale.
    private let mediaDuration: UInt64
    /// Media time of what is shown first.
    private let firstShown: Int64
    /// Media time at which what is shown last is over.
    private let lastShown: Int64
    /// When that is shown, in the track's timescale.
    private let start: UInt64

    /// Most samples of a track: its table is held in memory.
    public static let maximumSamples = 4 << 20

    /// - Throws: `BoxError` when there are too many samples, or a time does not fit.
    public init(_ index: TrackIndex) throws(BoxError) {
        guard index.sampleCount <= Self.maximumSamples, index.sampleCount > 0 else {
            throw BoxError(.tooMany("samples for one file"))
        }
        description = index.description
        var lowest: Int64 = 0
        for number in 0..<index.sampleCount { lowest = min(lowest, Int64(index.sample(number).compositionOffset)) }
        let lead = -lowest
        let begin = index.segment(0).decodeTime
        var durations: [TimeToSampleBox.Entry] = []
        var offsets: [CompositionOffsetBox.Entry] = []
        var sizes: [UInt32] = []
        sizes.reserveCapacity(index.sampleCount)
        var syncSamples: [UInt32] = []
        var runs: [SampleToChunkBox.Entry] = []
        var time: UInt64 = 0
        var firstShown = Int64.max
        var lastShown: Int64 = 0
        for number in 0..<index.segmentCount {
            let segment = index.segment(number)
            let next = number + 1 < index.segmentCount ? index.segment(number + 1).decodeTime : nil
            let count = UInt32(clamping: segment.sampleCount)
            if runs.last?.samplesPerChunk != count {
                runs.append(
                    SampleToChunkBox.Entry(
                        firstChunk: UInt32(clamping: number + 1), samplesPerChunk: count, sampleDescriptionIndex: 1))
            }
            for position in 0..<segment.sampleCount {
                let sample = index.sample(segment.firstSample + position)
                var duration = UInt64(sample.duration)
                // What is between two segments belongs to the last sample of the first.
                if position + 1 == segment.sampleCount, let next { duration = next - begin - time }
                guard let written = UInt32(exactly: duration) else { throw BoxError(.invalid("a gap does not fit")) }
                let offset = Int64(sample.compositionOffset) + lead
                Self.add(written, to: &durations)
                Self.add(UInt32(clamping: offset), to: &offsets)
                firstShown = min(firstShown, Int64(clamping: time) + offset)
                lastShown = max(lastShown, Int64(clamping: time) + offset + Int64(sample.duration))
                sizes.append(sample.size)
                if sample.isSync { syncSamples.append(UInt32(clamping: sizes.count)) }
                time += duration
            }
        }
        self.durations = durations
        self.offsets = offsets
        self.sizes = sizes
        self.syncSamples = syncSamples.count == sizes.count ? nil : syncSamples
        self.runs = runs
        mediaDuration = time
        self.lastShown = lastShown
        let shown = Int64(clamping: begin) + firstShown - lead
        self.firstShown = shown < 0 ? firstShown - shown : firstShown
        start = UInt64(max(shown, 0))
    }

    private static func add(_ duration: UInt32, to entries: inout [TimeToSampleBox.Entry]) {
        if entries.last?.duration == duration {
            entries[entries.count - 1].sampleCount += 1
        } else {
            entries.append(TimeToSampleBox.Entry(sampleCount: 1, duration: duration))
        }
    }

    private static func add(_ offset: UInt32, to entries: inout [CompositionOffsetBox.Entry]) {
        if entries.last?.offset == offset {
            entries[entries.count - 1].sampleCount += 1
        } else {
            entries.append(CompositionOffsetBox.Entry(sampleCount: 1, offset: offset))
        }
    }

    /// - Parameter places: where each segment's samples begin in the file.
    func sampleTable(_ entry: any Box, _ places: [UInt64], isLong: Bool) -> ContainerBox {
        let offsetBox: any Box =
            isLong ? LargeChunkOffsetBox(places) : ChunkOffsetBox(offsets: places.map { UInt32(clamping: $0) })
        let isInOrder = offsets.allSatisfy { $0.offset == 0 }
        return ContainerBox(
            "stbl",
            [SampleDescriptionBox([entry]), TimeToSampleBox(durations)]
                + (isInOrder ? [] : [CompositionOffsetBox(offsets)])
                + (syncSamples.map { [SyncSampleBox($0)] } ?? [])
                + [SampleToChunkBox(runs), SampleSizeBox(sizes: sizes), offsetBox])
    }

    /// Of the media, in the track's timescale.
    var duration: UInt64 { mediaDuration }

    /// Until its last sample is over, in the movie's timescale.
    func end(in timescale: UInt32) -> UInt64 {
        converted(start, timescale) + converted(UInt64(max(lastShown - firstShown, 0)), timescale)
    }

    /// Empty when media time is presentation time.
    func edits(in timescale: UInt32) -> [EditListBox.Entry] {
        guard start > 0 || firstShown > 0 else { return [] }
        let delay = converted(start, timescale)
        let empty = delay > 0 ? [EditListBox.Entry(duration: delay, mediaTime: -1)] : []
        return empty + [EditListBox.Entry(duration: end(in: timescale) - delay, mediaTime: firstShown)]
    }

    private func converted(_ time: UInt64, _ timescale: UInt32) -> UInt64 {
        let own = UInt128(max(description.timescale, 1))
        return UInt64(clamping: (UInt128(time) * UInt128(timescale) + own / 2) / own)
    }
}

/// The start of a progressive file: `ftyp`, `moov` and the header of `mdat`, with all sizes and places known before a sample is
/// read.
public struct ProgressiveHeader: Sendable {
    public let bytes: [UInt8]
    /// Of the whole file.
    public let size: UInt64

    /// - Parameters:
    ///   - tracks: in the order of their ids, from 1.
    ///   - segments: in file order: the track, by number from 0, and the bytes of its next segment.
    /// - Throws: `BoxError` when the movie box does not fit.
    public init(_ tracks: [ProgressiveTrack], segments: [(track: Int, size: UInt64)]) throws(BoxError) {
        let media = segments.reduce(0) { $0 + $1.size }
        // Room for any movie box that is taken.
        let isLong = media >= 0xF000_0000
        let scales = tracks.map(\.description.timescale)
        let timescale = Self.timescale(scales)
        func movie(from start: UInt64) -> ContainerBox {
            var places = [[UInt64]](repeating: [], count: tracks.count)
            var position = start
            for segment in segments where places.indices.contains(segment.track) {
                places[segment.track].append(position)
                position += segment.size
            }
            return ContainerBox(
                "moov",
                [
                    MovieHeaderBox(
                        timescale: timescale, duration: tracks.map { $0.end(in: timescale) }.max() ?? 0,
                        nextTrackID: UInt32(clamping: tracks.count + 1))
                ]
                    + zip(tracks, places).enumerated().map { number, track in
                        InitializationSegment(track: track.0.description).progressiveTrack(
                            track.0, id: UInt32(clamping: number + 1), places: track.1, isLong: isLong,
                            movieTimescale: timescale)
                    })
        }
        let type = FileTypeBox("ftyp", majorBrand: "isom", compatibleBrands: ["isom", "iso2", "mp41", "mp42"])
        let headerSize = isLong ? 16 : 8
        let start = type.size + movie(from: 0).size + headerSize
        guard start < 0x0800_0000 else { throw BoxError(.tooMany("samples for one file")) }
        var output = ByteOutput(capacity: start)
        type.write(to: &output)
        movie(from: UInt64(start)).write(to: &output)
        output.uint32(isLong ? 1 : UInt32(clamping: media + 8))
        output.fourCC("mdat")
        if isLong { output.uint64(media + 16) }
        bytes = output.bytes
        size = UInt64(start) + media
    }

    /// One in which every track's times are whole, or else the first track's.
    private static func timescale(_ scales: [UInt32]) -> UInt32 {
        var common: UInt64 = 1
        for scale in scales.map(UInt64.init) where scale > 0 {
            var (a, b) = (common, scale)
            while b != 0 { (a, b) = (b, a % b) }
            common = common / a * scale
            guard common <= 0x7FFF_FFFF else { return scales.first ?? 1000 }
        }
        return UInt32(clamping: common)
    }
}
