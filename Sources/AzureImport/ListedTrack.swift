public import MediaModel

/// A track as the manifests of a set list it.
public struct ListedTrack: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case video
        case audio
        case text

        /// By the name of a server manifest's element.
        init?(element: String) {
            switch element {
            case "video": self = .video
            case "audio": self = .audio
            case "textstream": self = .text
            default: return nil
            }
        }
    }

    /// What a track is for, in the words of both manifests.
    public enum Role: Sendable, Hashable {
        case text(TextFormat.Role)
        case audio(AudioRole)
    }

    public var kind: Kind
    /// `tkhd`'s track id; nil for the first track of its kind.
    public var id: UInt32?
    /// RFC 5646, or ISO 639-2; nil when it is not said.
    public var language: String?
    /// A name for people.
    public var label: String?
    /// The name that ties it to the streams of the client manifest.
    public var trackName: String?
    public var role: Role?

    public init(
        _ kind: Kind, id: UInt32? = nil, language: String? = nil, label: String? = nil, trackName: String? = nil,
        role: Role? = nil
    ) {
        self.kind = kind
        self.id = id
        self.language = language
        self.label = label
        self.trackName = trackName
        self.role = role
    }

    /// Whether both mean one track of their file.
    func isSame(as other: ListedTrack) -> Bool { kind == other.kind && id == other.id }

    /// For people.
    var words: String { id.map { "\(kind.rawValue) track \($0)" } ?? "its first \(kind.rawValue) track" }
}

extension ListedTrack.Role {
    /// By a word of `Subtype` ([MS-SSTR], 2.2.2.3), `accessibility` or `role`; nil where it says nothing of a track of
    /// that kind.
    init?(_ word: String, _ kind: ListedTrack.Kind) {
        switch (kind, word.lowercased()) {
        case (.text, "capt"), (.text, "caption"), (.text, "captions"): self = .text(.caption)
        case (.text, "subt"), (.text, "subtitle"), (.text, "subtitles"): self = .text(.subtitle)
        case (.text, "forced-subtitle"), (.text, "forced_subtitle"), (.text, "forced"): self = .text(.forced)
        case (.audio, "desc"), (.audio, "description"): self = .audio(.description)
        case (.audio, "commentary"): self = .audio(.commentary)
        default: return nil
        }
    }

    /// Whether text of a `Subtype` is there to be shown: script commands, chapters, control and data are not.
    static func isForShow(subtype: String?) -> Bool {
        subtype.map { !["scmd", "chap", "ctrl", "data"].contains($0.lowercased()) } ?? true
    }
}

/// Names of tracks and streams as what people see.
enum TrackName {
    /// Nil for what says no more than what the track is, or is put together by an encoder from codec, language, channels and
    /// bit rate (`aac_eng_2_128041_2_1`): renditions that differ in these only must not differ in name.
    static func label(_ name: String?) -> String? {
        guard let name, TrackDescription.isLabel(name),
            !["video", "audio", "text", "textstream"].contains(name.lowercased()), !isPutTogether(name)
        else { return nil }
        return name
    }

    private static func isPutTogether(_ name: String) -> Bool {
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[1].utf8.count == 3 else { return false }
        return parts.dropFirst(2).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
    }
}
