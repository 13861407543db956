import MediaModel

/// Pictures and sound in one program, as players of HLS version 3 want them: what all segments share, found in one pass
/// over the index of the sound.
///
/// Segments are those of the pictures. A frame of sound belongs to the last segment that begins before it or with it; what
/// comes before the first picture belongs to the first segment.
public struct MuxedStreamTracks: Sendable {
    /// Frames of sound that follow each other without a gap.
    struct Run: Sendable, Hashable {
        /// Of the index.
        var samples: Range<Int>
        /// Decode time of the first one.
        var time: Int64
    }

    public let video: TransportStreamTrack
    public let audio: TransportStreamTrack
    /// By segment of the pictures.
    let runs: [[Run]]
    /// By segment: continuity_counter of the first packet of the sound.
    let counters: [UInt8]

    /// - Throws: when they are not a track of pictures and one of sound.
    public init(video: TransportStreamTrack, audio: TransportStreamTrack) throws(TransportStreamError) {
        guard video.stream.isVideo, !audio.stream.isVideo else {
            throw TransportStreamError(
                .unsupportedTrack, "a program is muxed of one track of pictures and one of sound")
        }
        self.video = video
        self.audio = audio
        let runs = Self.split(audio.index, at: video.index)
        self.runs = runs
        var counter = 0
        counters = runs.map { runs in
            defer {
                for run in runs {
                    for packet in PESPackets(audio, run) { counter = (counter + packet.transportPackets) & 0xF }
                }
            }
            return UInt8(counter)
        }
    }

    private static func split(_ audio: TrackIndex, at video: TrackIndex) -> [[Run]] {
        var runs = [[Run]](repeating: [], count: video.segmentCount)
        var segment = 0
        let (audioScale, videoScale) = (UInt128(audio.description.timescale), UInt128(video.description.timescale))
        func nextBegins(by time: UInt64) -> Bool {
            guard segment + 1 < video.segmentCount else { return false }
            return UInt128(video.segment(segment + 1).decodeTime) * audioScale <= UInt128(time) * videoScale
        }
        for number in 0..<audio.segmentCount {
            let entry = audio.segment(number)
            var time = entry.decodeTime
            var (first, start) = (entry.firstSample, time)
            let end = entry.firstSample + entry.sampleCount
            for sample in entry.firstSample..<end {
                if nextBegins(by: time) {
                    if first < sample {
                        runs[segment].append(Run(samples: first..<sample, time: Int64(clamping: start)))
                    }
                    (first, start) = (sample, time)
                    while nextBegins(by: time) { segment += 1 }
                }
                time += UInt64(audio.sample(sample).duration)
            }
            runs[segment].append(Run(samples: first..<end, time: Int64(clamping: start)))
        }
        return runs
    }
}

extension PESPackets {
    /// The packets of a run of sound; the pictures tell the clock.
    init(_ audio: TransportStreamTrack, _ run: MuxedStreamTracks.Run) {
        self.init(
            index: audio.index, stream: audio.stream, decodeShift: audio.decodeShift, samples: run.samples,
            time: run.time, carriesClock: false)
    }
}

/// The PES packets of a muxed segment: of pictures and of sound, in the order of their decode times.
struct MuxedPackets: Sequence, IteratorProtocol {
    private var video: PESPackets
    private var nextVideo: PESPacket?
    private var audio: PESPackets?
    private var nextAudio: PESPacket?
    private var runs: ArraySlice<MuxedStreamTracks.Run>
    private let audioTrack: TransportStreamTrack

    init(_ tracks: MuxedStreamTracks, segment: Int) {
        video = PESPackets(tracks.video, segment: segment)
        nextVideo = video.next()
        runs = tracks.runs[segment][...]
        audioTrack = tracks.audio
        advanceAudio()
    }

    private mutating func advanceAudio() {
        nextAudio = audio?.next()
        while nextAudio == nil, let run = runs.popFirst() {
            var packets = PESPackets(audioTrack, run)
            nextAudio = packets.next()
            audio = packets
        }
    }

    mutating func next() -> (isVideo: Bool, packet: PESPacket)? {
        if let sound = nextAudio, nextVideo.map({ sound.isDecoded(before: $0) }) ?? true {
            advanceAudio()
            return (false, sound)
        }
        guard let picture = nextVideo else { return nil }
        nextVideo = video.next()
        return (true, picture)
    }
}

extension PESPacket {
    /// Times are below 2^63 in magnitude and timescales below 2^32.
    fileprivate func isDecoded(before other: PESPacket) -> Bool {
        Int128(decodeUnits) * Int128(other.timescale) < Int128(other.decodeUnits) * Int128(timescale)
    }
}
