import EncoderProtocol
import ISOBaseMedia
import MediaModel
import MovieFiles
import SubtitleFiles
import TimedText
import TrackOutput

/// The text tracks of an upload: of files of subtitles, and of text tracks in movie files.
struct TextUpload {
    /// Of the film, in milliseconds.
    let end: UInt64
    private(set) var tracks: [SubtitleTrack] = []
    private(set) var warnings: [String] = []

    init(end: UInt64) {
        self.end = end
    }

    /// Takes a file of subtitles; any other is passed over.
    ///
    /// - Throws: `EncodingFailure` with file, line and reason.
    mutating func add(_ file: OpenFile) throws {
        guard let name = SubtitleName(file.name) else { return }
        do throws(SubtitleError) {
            guard file.size <= UInt64(TextBounds.fileSize) else {
                throw SubtitleError(.limitExceeded, "it has more than \(TextBounds.fileSize) bytes")
            }
            let bytes: [UInt8]
            do {
                bytes = try file.read(0..<file.size)
            } catch {
                throw SubtitleError(.damaged, error.reason)
            }
            switch name.form {
            case .webVTT:
                let read = try WebVTTFile(bytes)
                if read.emptyCues > 0 {
                    warnings.append("\(file.name): \(read.emptyCues) cues are never on show: left out")
                }
                try add(.webVTT(header: read.header, cues: read.cues), name.language, name.role, of: file.name)
            case .ttml:
                let read = try TTMLFile(bytes)
                try add(.ttml(read.markup, cues: read.cues), name.language ?? read.language, name.role, of: file.name)
            }
        } catch {
            throw EncodingFailure(Self.code(error.code), "\(file.name):\(error.line == nil ? " " : "")\(error)")
        }
    }

    /// Takes a text track of a movie file.
    ///
    /// - Throws: `EncodingFailure` with file and reason, `MovieError`.
    mutating func add(_ text: MovieText) throws {
        let samples = try text.samples().map { TextSample(start: $0.start, end: $0.end, bytes: $0.bytes) }
        do throws(SubtitleError) {
            let subtitles: Subtitles
            switch text.entry {
            case "wvtt": subtitles = try .webVTT(samples, configuration: text.configuration)
            case "stpp": subtitles = try .ttml(samples)
            default: subtitles = try .timedText(samples)
            }
            try add(subtitles, text.language, .subtitle, of: "\(text.file): track \(text.id)")
        } catch {
            throw EncodingFailure(Self.code(error.code), "\(text.file): track \(text.id): \(error)")
        }
    }

    private mutating func add(
        _ subtitles: Subtitles, _ language: String?, _ role: TextFormat.Role, of source: String
    ) throws(SubtitleError) {
        guard !subtitles.cues.isEmpty else {
            warnings.append("\(source): it shows nothing: left out")
            return
        }
        let late = subtitles.cues.count { $0.start >= end }
        if late > 0 { warnings.append("\(source): \(late) cues begin after the end of the film: left out") }
        let language = language ?? "und"
        if language == "und" {
            warnings.append("\(source): its language is not known; name the file as in 'film.en.vtt'")
        }
        let stem = ["text", language.lowercased()] + (role == .subtitle ? [] : [role.rawValue])
        var name = stem.joined(separator: "-")
        var number = 2
        while tracks.contains(where: { $0.description.name == name }) {
            name = (stem + ["\(number)"]).joined(separator: "-")
            number += 1
        }
        tracks += try SubtitleTrack.both(subtitles, name: name, language: language, role: role, until: end)
    }

    /// Sends a track as CMAF.
    static func send(_ track: SubtitleTrack, number: Int, _ output: FrameOutput) throws {
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

    private static func code(_ code: SubtitleError.Code) -> EncoderFailureCode {
        switch code {
        case .notSubtitles: .notMedia
        case .damaged: .damaged
        case .unsupported: .notTaken
        case .limitExceeded: .limitExceeded
        }
    }
}
