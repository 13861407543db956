import CodecSyntax
import ISOBaseMedia
import MediaModel
import MovieFiles
import SubtitleFiles
import TrackCodecs

/// What reads bytes of strangers, as libFuzzer calls it (`make fuzz`), and a test with
/// what it found.
///
/// Whatever the bytes are, they are taken or refused: a trap, a read outside of them, memory out of proportion or a loop
/// without end stops the run.
public enum Fuzzed: UInt8, CaseIterable, Sendable {
    /// Boxes of ISO/IEC 14496-12 and their round trip.
    case boxes
    /// A whole movie file, as it is uploaded, to its last sample.
    case movies
    /// A sample entry and samples of its codec.
    case samples
    /// Subtitles: WebVTT where the bytes begin with its name, else TTML.
    case subtitles
    /// The manifests of a set of Smooth Streaming, of the server and then of its clients.
    case manifests
    /// Samples on their way out in MPEG-TS, clear and under SAMPLE-AES.
    case streams
    /// Samples of WebVTT in ISO BMFF on their way out in WebVTT, and documents of TTML in fragments of Smooth Streaming.
    case cues

    public func read(_ bytes: [UInt8]) {
        switch self {
        case .boxes: Self.readBoxes(bytes)
        case .movies: Self.readMovie(bytes)
        case .samples: Self.readSamples(bytes)
        case .subtitles: Self.readSubtitles(bytes)
        case .manifests: Self.readManifests(bytes)
        case .streams: Self.readStreams(bytes)
        case .cues: Self.readCues(bytes)
        }
    }

    /// What was read is written as it was read: what is written and read again is the same.
    private static func readBoxes(_ bytes: [UInt8]) {
        guard let boxes = try? BoxParser.parse(bytes) else { return }
        for located in boxes {
            let written = located.box.serialized()
            precondition(written.count == located.box.size, "a box is not of its size")
            guard let again = try? BoxParser.parse(written) else { preconditionFailure("a written box is refused") }
            precondition(again.first?.box.serialized() == written, "a box changes when it is written")
            _ = located.box.dump()
        }
    }

    private static func readMovie(_ bytes: [UInt8]) {
        guard let file = try? MovieFile(reading: MovieBytes(bytes), name: "film.mp4") else { return }
        for keyFrame in [FilmStart.KeyFrame.earlier, .later] {
            guard let start = try? FilmStart(of: [file], at: keyFrame), start.warning != nil,
                let moved = try? start.applied(to: file)
            else { continue }
            readTracks(moved)
        }
        for text in file.texts {
            guard let samples = try? text.samples() else { continue }
            let read = samples.map { TextSample(start: $0.start, end: $0.end, bytes: $0.bytes) }
            _ = try? Subtitles.smoothTTML(read)
            _ = try? Subtitles.webVTT(read, configuration: text.configuration)
        }
        readTracks(file)
    }

    private static func readTracks(_ file: MovieFile) {
        guard let plan = try? UploadPlan([file]) else { return }
        for track in plan.tracks {
            var reader = track.segments()
            var end: UInt64 = 0
            while let segment = try? reader.next() {
                precondition(segment.decodeTime >= end && !segment.samples.isEmpty, "a segment is out of order")
                end = segment.decodeTime + segment.samples.reduce(0) { $0 + UInt64($1.duration) }
                for sample in segment.samples {
                    precondition(sample.duration > 0 && !sample.bytes.isEmpty, "a sample is empty")
                    let mapped = sample.subsamples.reduce(0) { $0 + Int($1.clearBytes) + Int($1.protectedBytes) }
                    precondition(mapped == 0 || mapped == sample.bytes.count, "a map is not of its sample's size")
                }
            }
        }
    }

    /// Both forms of the track hold the same time.
    private static func readSubtitles(_ bytes: [UInt8]) {
        let subtitles: Subtitles
        if bytes.starts(with: Array("WEBVTT".utf8)) {
            guard let file = try? WebVTTFile(bytes) else { return }
            subtitles = .webVTT(header: file.header, cues: file.cues)
        } else {
            guard let file = try? TTMLFile(bytes) else { return }
            subtitles = .ttml(file.markup, cues: file.cues)
        }
        guard
            let tracks = try? SubtitleTrack.both(
                subtitles, name: "text", language: "en", role: .subtitle, until: 60_000)
        else { return }
        precondition(Set(tracks.map(\.segments.count)) == [10], "a text track is not of its presentation's length")
    }

    /// Parts: the sample entry, then samples.
    private static func readSamples(_ bytes: [UInt8]) {
        var parts = Parts(bytes)
        guard let entry = parts.next(), let box = try? BoxParser.parse(entry).first?.box,
            let codec = try? TrackCodec(box)
        else { return }
        _ = codec.configuration.codecString
        var mapper = codec.mapper
        while let sample = parts.next() {
            guard let map = try? mapper.map(sample) else { return }
            let mapped = map.subsamples.reduce(0) { $0 + Int($1.clearBytes) + Int($1.protectedBytes) }
            precondition(mapped == 0 || mapped == sample.count, "a map is not of its sample's size")
        }
    }
}

/// Bytes in parts, each with its length before it, in two bytes.
struct Parts {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// Nil at the end. The last one may be shorter than it says.
    mutating func next() -> [UInt8]? {
        guard rest.count >= 2 else { return nil }
        let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        let part = Array(rest.dropFirst(2).prefix(count))
        rest = rest.dropFirst(2 + count)
        return part
    }
}

/// The first byte says what reads the others.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1, let fuzzed = Fuzzed(rawValue: start[0] % UInt8(Fuzzed.allCases.count)) else { return 0 }
    fuzzed.read(Array(UnsafeBufferPointer(start: start + 1, count: count - 1)))
    return 0
}
