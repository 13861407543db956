import MediaModel
import TrackCodecs

/// A track with what a pass over its tables has shown.
struct ScannedTrack {
    var track: MovieTrack
    var scan: TrackScan

    /// In the track's timescale; at least 1.
    private var duration: Int64 { max(scan.end - scan.start, 1) }

    /// In pixels; 0 for audio.
    var height: Int {
        if case .video(let picture) = track.coding.format { picture.height } else { 0 }
    }

    /// Bits per second over the whole track.
    var averageBitrate: Int {
        Int(clamping: Int128(scan.byteCount) * 8 * Int128(track.timescale) / Int128(duration))
    }

    /// A quarter, half or three quarters of a turn, in degrees.
    var rotation: Int? {
        track.header.degrees.flatMap { $0 == 0 ? nil : $0 }
    }

    /// The track as manifests show it. Its name is unique only among tracks that differ in what it says.
    var description: TrackDescription {
        let rate = averageBitrate
        let kilobits = rate / 1000
        switch track.coding.format {
        case .video(let picture):
            let (numerator, denominator) = frameRate
            var video = picture.format(frameRateNumerator: numerator, frameRateDenominator: denominator)
            video.rotation = rotation
            return TrackDescription(
                name: "video-\(picture.height)p-\(kilobits)k", kind: .video, codec: track.codec,
                timescale: track.timescale,
                language: track.language, averageBitrate: rate, peakBitrate: rate,
                video: video)
        case .audio(let audio):
            var description = TrackDescription(
                name: "audio-\(track.language.lowercased())-\(kilobits)k", kind: .audio, codec: track.codec,
                timescale: track.timescale, language: track.language, averageBitrate: rate, peakBitrate: rate,
                audio: audio)
            description.audioRole = track.header.audioRole
            description.label = track.header.label
            return description
        case .text:
            // Never scanned: text is read as a whole.
            return TrackDescription(
                name: "text", kind: .text, codec: track.codec, timescale: track.timescale, averageBitrate: 0,
                peakBitrate: 0)
        }
    }

    /// Exact where the rate is constant; else the average to a thousandth, or the rate of broadcasting next to it.
    private var frameRate: (Int, Int) {
        let count = Int64(scan.sampleCount)
        if duration % count == 0 { return Self.reduced(Int(track.timescale), Int(duration / count)) }
        let thousandths = Int(clamping: Int128(count) * Int128(track.timescale) * 1000 / Int128(duration))
        for whole in [24, 30, 60, 120] where abs(thousandths - whole * 1_000_000 / 1001) <= 2 {
            return (whole * 1000, 1001)
        }
        return Self.reduced(max(thousandths, 1), 1000)
    }

    private static func reduced(_ numerator: Int, _ denominator: Int) -> (Int, Int) {
        var (a, b) = (numerator, denominator)
        while b != 0 { (a, b) = (b, a % b) }
        return (numerator / max(a, 1), denominator / max(a, 1))
    }
}
