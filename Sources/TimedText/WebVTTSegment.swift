/// A WebVTT file that is a segment of HLS (RFC 8216, 3.5).
public enum WebVTTSegment {
    /// - Parameters:
    ///   - header: the file's first lines, `WEBVTT` and what belongs to all cues.
    ///   - cues: every cue that the segment shows a part of, with all of its times.
    ///   - clock: the time of MPEG-TS, in units of 90 kHz, at which the presentation's time is zero.
    public static func text(header: String, cues: [Cue], clock: UInt64) -> String {
        var lines = header.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.isEmpty ? "WEBVTT" : String(lines.removeFirst())
        var text = first + "\nX-TIMESTAMP-MAP=MPEGTS:\(clock),LOCAL:00:00:00.000\n"
        // Whatever follows the signature is a block of its own.
        let blocks = lines.drop { $0.isEmpty }
        if !blocks.isEmpty { text += "\n" + blocks.joined(separator: "\n") + "\n" }
        // An empty line ends each block, so that segments may be put one behind the other.
        text += "\n"
        for cue in cues {
            text += (cue.identifier.isEmpty ? "" : cue.identifier + "\n")
            text += CueTime.text(cue.start) + " --> " + CueTime.text(cue.end)
            text += (cue.settings.isEmpty ? "" : " " + cue.settings) + "\n" + cue.payload + "\n\n"
        }
        return text
    }
}
