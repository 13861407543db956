import MovieFiles

/// Writes MP4 files byte by byte, in every form that the standard knows for the same samples. Nothing of it is shared with
/// what reads them.
struct MovieMaker {
    struct Sample {
        var bytes: [UInt8]
        var duration: UInt32
        var offset: Int32 = 0
        var isSync = true
    }

    struct Track {
        var handler: String
        var timescale: UInt32
        /// A whole sample entry.
        var entry: [UInt8]
        var samples: [Sample]
        /// Duration in the movie's timescale, start in the track's.
        var edits: [(duration: UInt64, start: Int64)] = []
        var language: UInt16 = 0x55C4
        var extendedLanguage: String?
        var matrix: [UInt32] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]
    }

    /// How the same samples are said.
    struct Form {
        var samplesPerRun = 3
        var hasLargeOffsets = false
        /// 32 writes `stsz`; 4, 8 and 16 write `stz2`.
        var sizeBits = 32
        var compositionVersion: UInt8 = 1
        var movieIsFirst = false
        /// A second `mdat` takes over after so many runs of a track.
        var runsPerMediaBox = Int.max
        var hasLargeMediaSize = false
        /// So many samples of each track are in `moov`; the others in fragments of `samplesPerFragment`.
        var samplesInMovie = Int.max
        var samplesPerFragment = 4
        var base = Base.movieFragment
        /// All fields in each entry of `trun`, or as much as possible by default.
        var hasPlainRuns = true
        var hasDecodeTimes = true
    }

    enum Base {
        case movieFragment, absolute, relativeToTheTrackBefore
    }

    var movieTimescale: UInt32 = 1000
    var form = Form()
    var tracks: [Track]

    func file() -> [UInt8] {
        let fileType = Bytes.box("ftyp", Bytes.text("isom") + Bytes.u32(0x200) + Bytes.text("isom"))
        let media = mediaBoxes()
        if form.movieIsFirst {
            let size = UInt64(movie(places: media.places).count)
            let places = media.places.map { $0.map { $0 + UInt64(fileType.count) + size } }
            let head = fileType + movie(places: places)
            return head + media.bytes + fragments(at: head.count + media.bytes.count)
        }
        let places = media.places.map { $0.map { $0 + UInt64(fileType.count) } }
        let head = fileType + media.bytes + movie(places: places)
        return head + fragments(at: head.count)
    }

    private func inMovie(_ track: Track) -> ArraySlice<Sample> { track.samples.prefix(form.samplesInMovie) }

    /// Runs of the tracks' samples in turn, and where each begins.
    private func mediaBoxes() -> (bytes: [UInt8], places: [[UInt64]]) {
        var bytes: [UInt8] = []
        var places = tracks.map { _ in [UInt64]() }
        var open: [UInt8] = []
        let header = form.hasLargeMediaSize ? 16 : 8
        let counts = tracks.map { (inMovie($0).count + form.samplesPerRun - 1) / form.samplesPerRun }
        func close() {
            guard !open.isEmpty else { return }
            bytes +=
                form.hasLargeMediaSize
                ? Bytes.u32(1) + Bytes.text("mdat") + Bytes.u64(UInt64(open.count + 16)) + open
                : Bytes.box("mdat", open)
            open = []
        }
        for run in 0..<(counts.max() ?? 0) {
            for (number, track) in tracks.enumerated() where run < counts[number] {
                places[number].append(UInt64(bytes.count + header + open.count))
                for sample in inMovie(track).dropFirst(run * form.samplesPerRun).prefix(form.samplesPerRun) {
                    open += sample.bytes
                }
            }
            if (run + 1) % form.runsPerMediaBox == 0 { close() }
        }
        close()
        return (bytes, places)
    }

    private func movie(places: [[UInt64]]) -> [UInt8] {
        let matrix: [UInt32] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]
        var content = Bytes.box(
            "mvhd",
            Bytes.u32(0) + Bytes.zeros(8) + Bytes.u32(movieTimescale) + Bytes.u32(0) + Bytes.u32(0x1_0000)
                + Bytes.u16(0x100) + Bytes.zeros(10) + matrix.flatMap(Bytes.u32) + Bytes.zeros(24)
                + Bytes.u32(UInt32(tracks.count + 1)))
        for (number, track) in tracks.enumerated() { content += self.track(track, number, places[number]) }
        if tracks.contains(where: { $0.samples.count > form.samplesInMovie }) {
            let defaults = tracks.indices.map { number in
                Bytes.box(
                    "trex",
                    Bytes.u32(0) + Bytes.u32(UInt32(number + 1)) + Bytes.u32(1) + Bytes.u32(0) + Bytes.u32(0)
                        + Bytes.u32(0x0101_0000))
            }
            content += Bytes.box("mvex", defaults.flatMap { $0 })
        }
        return Bytes.box("moov", content)
    }

    private func track(_ track: Track, _ number: Int, _ places: [UInt64]) -> [UInt8] {
        let header = Bytes.box(
            "tkhd",
            Bytes.u32(7) + Bytes.zeros(8) + Bytes.u32(UInt32(number + 1)) + Bytes.zeros(8) + Bytes.zeros(12)
                + Bytes.zeros(4) + track.matrix.flatMap(Bytes.u32) + Bytes.zeros(8))
        let edits =
            track.edits.isEmpty
            ? []
            : Bytes.box(
                "edts",
                Bytes.box(
                    "elst",
                    [1, 0, 0, 0] + Bytes.u32(UInt32(track.edits.count))
                        + track.edits.flatMap {
                            Bytes.u64($0.duration) + Bytes.u64(UInt64(bitPattern: $0.start)) + Bytes.u32(0x1_0000)
                        }))
        let mediaHeader = Bytes.box(
            "mdhd",
            Bytes.u32(0) + Bytes.zeros(8) + Bytes.u32(track.timescale) + Bytes.u32(0) + Bytes.u16(track.language)
                + Bytes.u16(0))
        let handler = Bytes.box(
            "hdlr", Bytes.u32(0) + Bytes.u32(0) + Bytes.text(track.handler) + Bytes.zeros(12) + [0])
        let tag = track.extendedLanguage.map { Bytes.box("elng", Bytes.u32(0) + Bytes.text($0) + [0]) } ?? []
        let information = Bytes.box(
            "minf",
            Bytes.box("dinf", Bytes.box("dref", Bytes.u32(0) + Bytes.u32(1) + Bytes.box("url ", Bytes.u32(1))))
                + Bytes.box("stbl", sampleTable(track, places)))
        return Bytes.box("trak", header + edits + Bytes.box("mdia", mediaHeader + handler + tag + information))
    }

    private func sampleTable(_ track: Track, _ places: [UInt64]) -> [UInt8] {
        let samples = Array(inMovie(track))
        func table(_ type: String, version: UInt8 = 0, _ entries: [[UInt8]]) -> [UInt8] {
            Bytes.box(type, [version, 0, 0, 0] + Bytes.u32(UInt32(entries.count)) + entries.flatMap { $0 })
        }
        var boxes = Bytes.box("stsd", Bytes.u32(0) + Bytes.u32(1) + track.entry)
        boxes += table("stts", samples.map { Bytes.u32(1) + Bytes.u32($0.duration) })
        if samples.contains(where: { $0.offset != 0 }) {
            boxes += table(
                "ctts", version: form.compositionVersion,
                samples.map { Bytes.u32(1) + Bytes.u32(UInt32(bitPattern: $0.offset)) })
        }
        let rest = samples.count % form.samplesPerRun
        var runs: [[UInt8]] = []
        if samples.count >= form.samplesPerRun {
            runs.append(Bytes.u32(1) + Bytes.u32(UInt32(form.samplesPerRun)) + Bytes.u32(1))
        }
        if rest > 0 { runs.append(Bytes.u32(UInt32(places.count)) + Bytes.u32(UInt32(rest)) + Bytes.u32(1)) }
        boxes += table("stsc", runs)
        boxes += sizes(samples)
        boxes +=
            form.hasLargeOffsets
            ? table("co64", places.map(Bytes.u64)) : table("stco", places.map { Bytes.u32(UInt32($0)) })
        if samples.contains(where: { !$0.isSync }) {
            boxes += table(
                "stss", samples.enumerated().filter(\.element.isSync).map { Bytes.u32(UInt32($0.offset + 1)) })
        }
        return boxes
    }

    private func sizes(_ samples: [Sample]) -> [UInt8] {
        let sizes = samples.map { UInt32($0.bytes.count) }
        let head = Bytes.u32(UInt32(form.sizeBits)) + Bytes.u32(UInt32(samples.count))
        switch form.sizeBits {
        case 32:
            return Bytes.box(
                "stsz", Bytes.u32(0) + Bytes.u32(0) + Bytes.u32(UInt32(samples.count)) + sizes.flatMap(Bytes.u32))
        case 16: return Bytes.box("stz2", Bytes.u32(0) + head + sizes.flatMap { Bytes.u16(UInt16($0)) })
        case 8: return Bytes.box("stz2", Bytes.u32(0) + head + sizes.map { UInt8($0) })
        default:
            let pairs = stride(from: 0, to: sizes.count, by: 2).map { index in
                UInt8(sizes[index] << 4 | (index + 1 < sizes.count ? sizes[index + 1] : 0))
            }
            return Bytes.box("stz2", Bytes.u32(0) + head + pairs)
        }
    }

    /// `moof` and `mdat` in turn.
    private func fragments(at start: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var positions = tracks.map { min(form.samplesInMovie, $0.samples.count) }
        var times = tracks.map { track in inMovie(track).reduce(UInt64(0)) { $0 + UInt64($1.duration) } }
        var sequence: UInt32 = 0
        while zip(positions, tracks).contains(where: { $0 < $1.samples.count }) {
            sequence += 1
            let parts = tracks.indices.map { number in
                Array(tracks[number].samples[positions[number]...].prefix(form.samplesPerFragment))
            }
            // Offsets do not change sizes: the first one is written to be measured.
            let size = fragment(parts, times, sequence, at: 0, size: 0).count
            bytes += fragment(parts, times, sequence, at: start + bytes.count, size: size)
            bytes += Bytes.box("mdat", parts.flatMap { $0.flatMap(\.bytes) })
            for number in tracks.indices {
                positions[number] += parts[number].count
                times[number] += parts[number].reduce(0) { $0 + UInt64($1.duration) }
            }
        }
        return bytes
    }

    private func fragment(_ parts: [[Sample]], _ times: [UInt64], _ sequence: UInt32, at start: Int, size: Int)
        -> [UInt8]
    {
        var content = Bytes.box("mfhd", Bytes.u32(0) + Bytes.u32(sequence))
        var position = size + 8
        var isFirst = true
        for (number, samples) in parts.enumerated() where !samples.isEmpty {
            // 8.8.7.1: without a base, offsets count from the end of the track fragment before, the first from 'moof'.
            let dataOffset =
                switch form.base {
                case .movieFragment: position
                case .absolute: position - size - 8
                case .relativeToTheTrackBefore: isFirst ? position : 0
                }
            let flags: UInt32 =
                switch form.base {
                case .movieFragment: 0x02_0000
                case .absolute: 0x01
                case .relativeToTheTrackBefore: 0
                }
            let base = form.base == .absolute ? Bytes.u64(UInt64(start + size + 8)) : []
            let header = Bytes.box("tfhd", Bytes.u32(flags) + Bytes.u32(UInt32(number + 1)) + base)
            let time = form.hasDecodeTimes ? Bytes.box("tfdt", [1, 0, 0, 0] + Bytes.u64(times[number])) : []
            content += Bytes.box("traf", header + time + run(samples, dataOffset))
            position += samples.reduce(0) { $0 + $1.bytes.count }
            isFirst = false
        }
        return Bytes.box("moof", content)
    }

    private func run(_ samples: [Sample], _ dataOffset: Int) -> [UInt8] {
        func flags(_ sample: Sample) -> UInt32 { sample.isSync ? 0x0200_0000 : 0x0101_0000 }
        // The rest of the samples are as 'trex' says: not sync.
        let isPlain = form.hasPlainRuns || samples.dropFirst().contains(where: \.isSync)
        let present: UInt32 = isPlain ? 0x0F01 : 0x0B05
        var content = [UInt8(1)] + Bytes.u32(present).dropFirst() + Bytes.u32(UInt32(samples.count))
        content += Bytes.u32(UInt32(bitPattern: Int32(dataOffset)))
        if !isPlain { content += Bytes.u32(flags(samples[0])) }
        for sample in samples {
            content += Bytes.u32(sample.duration) + Bytes.u32(UInt32(sample.bytes.count))
            if isPlain { content += Bytes.u32(flags(sample)) }
            content += Bytes.u32(UInt32(bitPattern: sample.offset))
        }
        return Bytes.box("trun", content)
    }
}

enum Bytes {
    static func u16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
    static func u32(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    static func u64(_ value: UInt64) -> [UInt8] {
        u32(UInt32(truncatingIfNeeded: value >> 32)) + u32(UInt32(truncatingIfNeeded: value))
    }
    static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
        u32(UInt32(content.count + 8)) + text(type) + content
    }

    /// The first place of a box's type, at its first letter.
    static func find(_ type: String, in bytes: [UInt8], after start: Int = 0) -> Int? {
        let pattern = Array(type.utf8)
        guard bytes.count >= 4, start <= bytes.count - 4 else { return nil }
        return (start...(bytes.count - 4)).first { Array(bytes[$0..<($0 + 4)]) == pattern }
    }
}

extension MovieMaker.Track {
    /// AAC-LC at 48 kHz, frames of bytes that nobody decodes.
    static func sound(count: Int, size: (Int) -> Int = { 20 + $0 % 7 }) -> MovieMaker.Track {
        let config: [UInt8] = [0x11, 0x90]
        let specific = [5, 2] + config
        let decoder = [4, UInt8(13 + specific.count), 0x40, 0x15, 0, 0, 0] + Bytes.zeros(8) + specific
        let stream = [3, UInt8(3 + decoder.count + 3), 0, 0, 0] + decoder + [6, 1, 2]
        let entry = Bytes.box(
            "mp4a",
            Bytes.zeros(6) + Bytes.u16(1) + Bytes.zeros(8) + Bytes.u16(2) + Bytes.u16(16) + Bytes.zeros(4)
                + Bytes.u16(48_000) + Bytes.u16(0) + Bytes.box("esds", Bytes.u32(0) + stream))
        let samples = (0..<count).map { number in
            MovieMaker.Sample(
                bytes: (0..<size(number)).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }, duration: 1024)
        }
        return MovieMaker.Track(handler: "soun", timescale: 48_000, entry: entry, samples: samples)
    }
}
