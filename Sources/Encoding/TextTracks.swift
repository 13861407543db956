public import EncoderProtocol
import ISOBaseMedia
public import MediaModel
public import SubtitleFiles
import TimedText
public import TrackOutput

/// The text tracks of an asset, as they are stored: in both forms that players read.
public struct TextTracks {
    /// Of the film, in milliseconds.
    public let end: UInt64
    public private(set) var tracks: [SubtitleTrack] = []
    public private(set) var warnings: [String] = []

    public init(end: UInt64) {
        self.end = end
    }

    /// - Parameters:
    ///   - source: what warnings call it.
    ///   - label: a name for people.
    /// - Throws: `SubtitleError` when too much is on show at once.
    public mutating func add(
        _ subtitles: Subtitles, _ language: String?, _ role: TextFormat.Role, of source: String, label: String? = nil
    ) throws(SubtitleError) {
        guard !subtitles.cues.isEmpty else {
            warnings.append("\(source): it shows nothing: left out")
            return
        }
        let late = subtitles.cues.count { $0.start >= end }
        if late > 0 { warnings.append("\(source): \(late) cues begin after the end of the film: left out") }
        let language = language ?? "und"
        if language == "und" {
            warnings.append(
                "\(source): its language is not known; name the file as in 'film.en.vtt', or say 'systemLanguage' where a "
                    + "server manifest lists it")
        }
        let stem = ["text", language.lowercased()] + (role == .subtitle ? [] : [role.rawValue])
        var name = stem.joined(separator: "-")
        var number = 2
        while tracks.contains(where: { $0.description.name == name }) {
            name = (stem + ["\(number)"]).joined(separator: "-")
            number += 1
        }
        tracks += try SubtitleTrack.both(subtitles, name: name, language: language, role: role, until: end).map {
            var track = $0
            track.description.label = label
            return track
        }
    }

    public mutating func warn(_ warning: String) { warnings.append(warning) }

    /// Sends a track as CMAF.
    public static func send(_ track: SubtitleTrack, number: Int, _ output: FrameOutput) throws {
        let writer = try TrackWriter(track.description, number: number, output: output)
        for segment in track.segments {
            for sample in segment {
                writer.add(
                    sample.bytes,
                    FragmentSample(
                        size: UInt32(clamping: sample.bytes.count), duration: sample.duration, isSync: true),
                    subsamples: [])
            }
            try writer.cut()
        }
        try writer.finish()
    }

    /// What a refusal means for the job.
    public static func code(_ code: SubtitleError.Code) -> EncoderFailureCode {
        switch code {
        case .notSubtitles: .notMedia
        case .damaged: .damaged
        case .unsupported: .notTaken
        case .limitExceeded: .limitExceeded
        }
    }
}
