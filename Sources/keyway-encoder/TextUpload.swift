import EncoderProtocol
import Encoding
import MediaModel
import MovieFiles
import SubtitleFiles
import TimedText
import TrackOutput

/// The text tracks of an upload: of files of subtitles, and of text tracks in movie files.
struct TextUpload {
    private var texts: TextTracks

    var tracks: [SubtitleTrack] { texts.tracks }
    var warnings: [String] { texts.warnings }

    /// - Parameter end: of the film, in milliseconds.
    init(end: UInt64) {
        texts = TextTracks(end: end)
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
                    texts.warn("\(file.name): \(read.emptyCues) cues are never on show: left out")
                }
                try texts.add(.webVTT(header: read.header, cues: read.cues), name.language, name.role, of: file.name)
            case .ttml:
                let read = try TTMLFile(bytes)
                try texts.add(
                    .ttml(read.markup, cues: read.cues), name.language ?? read.language, name.role, of: file.name)
            }
        } catch {
            throw EncodingFailure(TextTracks.code(error.code), "\(file.name):\(error.line == nil ? " " : "")\(error)")
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
            try texts.add(subtitles, text.language, .subtitle, of: "\(text.file): track \(text.id)")
        } catch {
            throw EncodingFailure(TextTracks.code(error.code), "\(text.file): track \(text.id): \(error)")
        }
    }
}
