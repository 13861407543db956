public import MediaModel

/// A text track of a movie file: its samples with their times, for whoever knows what they hold.
public struct MovieText: Sendable {
    let track: MovieTrack

    /// A sample, with its edit list applied.
    public struct Sample: Sendable, Hashable {
        /// In milliseconds of the presentation; what begins before it begins at zero.
        public var start: UInt64
        /// In milliseconds; later than `start`.
        public var end: UInt64
        public var bytes: [UInt8]
    }

    /// Most samples, and the most bytes of all of them.
    private static let maximumCount = 200_000
    private static let maximumSize: UInt64 = 16 << 20

    /// By `tkhd`'s track id.
    public var id: UInt32 { track.id }
    /// The name of its file.
    public var file: String { track.file }
    /// RFC 5646; `und` when it is not known.
    public var language: String { track.language }
    /// A name for people, as the list of a set gives it.
    public var label: String? { track.header.label }
    /// What the list of a set says that it is for.
    public var role: TextFormat.Role? { track.header.textRole }
    /// `wvtt`, `stpp`, `dfxp` or `tx3g`.
    public var entry: FourCC { track.codec.sampleEntry }
    /// The sample entry behind its data reference.
    public var configuration: [UInt8] { track.codec.decoderSpecific }

    /// All samples, in order.
    ///
    /// - Throws: `MovieError` with file and place.
    public func samples() throws(MovieError) -> [Sample] {
        do throws(MovieError) {
            return try read()
        } catch {
            throw error.named(track.file)
        }
    }

    private func read() throws(MovieError) -> [Sample] {
        var samples: [Sample] = []
        var size: UInt64 = 0
        var cursor = SampleCursor(track)
        while let sample = try cursor.next() {
            size += UInt64(sample.size)
            guard samples.count < Self.maximumCount, size <= Self.maximumSize else {
                throw track.error(
                    .limitExceeded,
                    "its text has more than \(Self.maximumCount) samples or \(Self.maximumSize) bytes",
                    at: sample.offset)
            }
            let start = sample.mediaTime + track.timeline.shift
            var end = start + Int64(sample.duration)
            if let cut = track.timeline.end { end = min(end, cut) }
            let times = (milliseconds(max(start, track.timeline.begin)), milliseconds(max(end, 0)))
            guard times.0 < times.1 else { continue }
            samples.append(Sample(start: times.0, end: times.1, bytes: try track.bytes(of: sample)))
        }
        return samples
    }

    private func milliseconds(_ time: Int64) -> UInt64 {
        UInt64(clamping: (Int128(time) * 1000 + Int128(track.timescale) / 2) / Int128(track.timescale))
    }
}

extension MovieTrack {
    /// Sample entries of text that are known.
    static let textEntries: Set<FourCC> = ["wvtt", "stpp", "dfxp", "tx3g"]
}

/// Why a text track is left out.
enum TextObstacle: CustomStringConvertible {
    /// Its sample entry is none that is known, as that of chapters.
    case form(FourCC)
    /// Nothing was said while the film was recorded.
    case noSamples

    /// Nil when the track is to be read.
    init?(_ header: MovieTrackHeader, _ layout: MovieLayout, in source: any MovieSource) throws(MovieError) {
        let parts = try header.information.children(in: source)
        let table = try parts.only("stbl", in: header.information)
        let description = try table.children(in: source).only("stsd", in: table)
        let content = try description.content(of: source)
        guard content.count >= 16 else { throw description.error(.damaged, "it has no sample entry") }
        let form = FourCC(rawValue: content[12..<16].reduce(0) { $0 << 8 | UInt32($1) })
        if !MovieTrack.textEntries.contains(form) {
            self = .form(form)
        } else if layout.runs[header.id]?.contains(where: { $0.sampleCount > 0 }) != true,
            try SampleTable(table, in: source).sampleCount == 0
        {
            self = .noSamples
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .form(let form): "is text in a form that is not read, '\(form)'"
        case .noSamples: "is text and has no sample"
        }
    }
}
