public import MediaModel

/// What the name of a file of subtitles says: `film.de.vtt`, `film.pt-BR.forced.ttml`, `film.en.sdh.vtt`.
public struct SubtitleName: Sendable, Hashable {
    public enum Form: Sendable, Hashable {
        case webVTT
        case ttml
    }

    public var form: Form
    /// RFC 5646; nil when the name has none.
    public var language: String?
    public var role: TextFormat.Role

    /// - Parameter name: the last part of a path.
    /// - Returns: nil when its extension is none of subtitles.
    public init?(_ name: String) {
        var parts = name.split(separator: ".").map(String.init)
        switch parts.popLast()?.lowercased() {
        case "vtt", "webvtt": form = .webVTT
        case "ttml", "dfxp", "xml": form = .ttml
        default: return nil
        }
        role = .subtitle
        // The first part is the film's, whatever it looks like.
        while parts.count > 1, let word = parts.popLast() {
            if let named = Self.roles[word.lowercased()] {
                role = named
            } else if language == nil, LanguageTag.isTag(word) {
                language = word
            } else {
                break
            }
        }
    }

    private static let roles: [String: TextFormat.Role] = [
        "forced": .forced, "sdh": .caption, "cc": .caption, "captions": .caption, "subtitles": .subtitle,
    ]
}
