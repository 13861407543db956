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
            } else if language == nil, Self.isLanguage(word) {
                language = word
            } else {
                break
            }
        }
    }

    private static let roles: [String: TextFormat.Role] = [
        "forced": .forced, "sdh": .caption, "cc": .caption, "captions": .caption, "subtitles": .subtitle,
    ]

    /// The shape of a tag (RFC 5646, 2.1): a primary language of two or three letters, then parts of up to eight.
    static func isLanguage(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard text.utf8.count <= 35, let primary = parts.first, (2...3).contains(primary.count),
            primary.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) })
        else { return false }
        return parts.dropFirst().allSatisfy { part in
            (1...8).contains(part.count)
                && part.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                }
        }
    }
}
