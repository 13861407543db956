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
    /// Added to the times of all cues, in milliseconds.
    private let move: Int64

    var tracks: [SubtitleTrack] { texts.tracks }
    var warnings: [String] { texts.warnings }

    /// - Parameters:
    ///   - end: of the film, in milliseconds.
    ///   - moved: how much later the film is shown than its files say, in milliseconds.
    ///   - warnings: what is to be said already.
    init(end: UInt64, moved: Int64, _ warnings: [String]) {
        texts = TextTracks(end: end)
        move = moved
        for warning in warnings { texts.warn(warning) }
    }

    /// Takes a file of subtitles; any other is passed over.
    ///
    /// - Parameter listed: what the list of a set says of it.
    /// - Throws: `EncodingFailure` with file, line and reason.
    mutating func add(_ file: OpenFile, listed: UploadedTrack?) throws {
        guard let name = SubtitleName(file.name) else { return }
        do throws(SubtitleError) {
            try read(file, name, listed)
        } catch {
            let words = "\(file.name):\(error.line == nil ? " " : "")\(error)"
            try refuse(error, words, isListed: listed != nil)
        }
    }

    private mutating func read(
        _ file: OpenFile, _ name: SubtitleName, _ listed: UploadedTrack?
    ) throws(SubtitleError) {
        let bytes = try Self.bytes(of: file)
        let subtitles: Subtitles
        var own = name.language
        switch name.form {
        case .webVTT:
            let read = try WebVTTFile(bytes)
            if read.emptyCues > 0 { texts.warn("\(file.name): \(read.emptyCues) cues are never on show: left out") }
            subtitles = .webVTT(header: read.header, cues: read.cues)
        case .ttml:
            let read = try TTMLFile(bytes)
            subtitles = .ttml(read.markup, cues: read.cues)
            own = own ?? read.language
        }
        if let own, let stated = listed?.language, !LanguageTag.agree(own, stated) {
            texts.warn(
                "\(file.name): its language is '\(own)' by itself and '\(stated)' in the set's list, which counts")
        }
        // A list's plain subtitles may still be forced ones.
        let role = listed?.textRole.flatMap { $0 == .subtitle ? nil : $0 } ?? name.role
        try texts.add(subtitles.moved(by: move), listed?.language ?? own, role, of: file.name, label: listed?.label)
    }

    private static func bytes(of file: OpenFile) throws(SubtitleError) -> [UInt8] {
        guard file.size <= UInt64(TextBounds.fileSize) else {
            throw SubtitleError(.limitExceeded, "it has more than \(TextBounds.fileSize) bytes")
        }
        do {
            return try file.read(0..<file.size)
        } catch {
            throw SubtitleError(.damaged, error.reason)
        }
    }

    /// Takes a text track of a movie file.
    ///
    /// - Parameter isListed: whether the list of a set names it.
    /// - Throws: `EncodingFailure` with file and reason, `MovieError`.
    mutating func add(_ text: MovieText, isListed: Bool) throws {
        let samples = try text.samples().map { TextSample(start: $0.start, end: $0.end, bytes: $0.bytes) }
        let source = "\(text.file): track \(text.id)"
        do throws(SubtitleError) {
            let subtitles: Subtitles
            switch text.entry {
            case "wvtt": subtitles = try .webVTT(samples, configuration: text.configuration)
            case "stpp": subtitles = try .ttml(samples)
            case "dfxp": subtitles = try .smoothTTML(samples)
            default: subtitles = try .timedText(samples)
            }
            try texts.add(
                subtitles.moved(by: move), text.language, text.role ?? .subtitle, of: source, label: text.label)
        } catch {
            try refuse(error, "\(source): \(error)", isListed: isListed)
        }
    }

    /// A set does without text in forms that are not read, and says so. What is damaged stays a refusal: it is not for a
    /// program to say that a film may be without it.
    private mutating func refuse(_ error: SubtitleError, _ words: String, isListed: Bool) throws {
        guard isListed, error.code == .unsupported || error.code == .notSubtitles else {
            throw EncodingFailure(TextTracks.code(error.code), words)
        }
        texts.warn("\(words): left out")
    }
}

extension UploadedTrack {
    /// Of text.
    var textRole: TextFormat.Role? { role.flatMap { TextFormat.Role(rawValue: $0.rawValue) } }
}

extension ChosenTrack {
    init(_ track: UploadedTrack) {
        let selection: TrackSelection =
            switch track.choice {
            case .firstVideo: .firstVideo
            case .firstAudio: .firstAudio
            case .firstText: .firstText
            case .id(let id): .id(id)
            case .text(let id): .text(id: id)
            }
        self.init(
            selection,
            TrackStatement(
                language: track.language, label: track.label,
                audioRole: track.role.flatMap { AudioRole(rawValue: $0.rawValue) }, textRole: track.textRole))
    }
}
