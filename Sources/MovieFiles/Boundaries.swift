import MediaModel

/// Where audio is cut: at the sample nearest to each of the video's segment starts, and every two seconds where there is no
/// video.
struct Boundaries {
    private var times: [Int64] = []
    private var timescale: UInt32 = 1
    /// From here on, in seconds, it is cut without video.
    private var end = SegmentAlignment.targetDuration

    /// Without video.
    init() {}

    init(following video: UploadTrack) {
        timescale = video.description.timescale
        let target = SegmentAlignment.targetDuration * Int64(timescale)
        // Video that begins a moment late does not make a segment of that moment.
        times = video.starts.map(\.time).filter { $0 >= target / 2 }
        // Sound that goes on a moment longer does not make a segment of that moment either.
        end = video.scan.end / Int64(timescale) + SegmentAlignment.targetDuration
    }

    func starts(of track: MovieTrack, _ scan: TrackScan) throws(MovieError) -> [SegmentStart] {
        let scale = Scale(from: timescale, to: track.timescale)
        var index = 0
        var second = end
        var starts: [SegmentStart] = []
        var samples = KeptSamples(track, scan)
        while let (number, time, sample) = try samples.next() {
            let middle = time + Int64(sample.duration) / 2
            var cuts = starts.isEmpty
            while index < times.count, let boundary = scale.time(times[index]), boundary <= middle {
                cuts = true
                index += 1
            }
            let whole = middle / Int64(track.timescale)
            if index == times.count, second <= whole {
                cuts = true
                second = (whole / SegmentAlignment.targetDuration + 1) * SegmentAlignment.targetDuration
            }
            if cuts { starts.append(SegmentStart(sample: number, time: time)) }
        }
        return starts
    }
}
