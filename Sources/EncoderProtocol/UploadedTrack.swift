/// A track of a file that an upload means, and what the list of the set says of it.
public struct UploadedTrack: Sendable, Hashable {
    /// Which track of its file it is.
    public enum Choice: Sendable, Hashable {
        case firstVideo
        case firstAudio
        /// A file of subtitles has no other.
        case firstText
        /// By `tkhd`'s track id.
        case id(UInt32)
        /// By the same, listed as text: the set does without it where it cannot be read.
        case text(id: UInt32)
    }

    /// What a track is for.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        case subtitle
        case caption
        case forced
        case commentary
        case description
    }

    public var choice: Choice
    /// RFC 5646, or ISO 639-2.
    public var language: String?
    /// A name for people.
    public var label: String?
    public var role: Role?

    public init(_ choice: Choice, language: String? = nil, label: String? = nil, role: Role? = nil) {
        self.choice = choice
        self.language = language
        self.label = label
        self.role = role
    }
}

extension UploadedTrack {
    /// The longest label, in bytes of UTF-8.
    public static let longestLabel = 128
    private static let longestLanguage = 35

    /// The track as a word: `v`, `a`, `t`, `3`, `t3`, and behind it what is said of it, as `;label=Director%27s`.
    var text: String {
        let said = [("language", language), ("label", label), ("role", role?.rawValue)]
        return choiceText + said.map { name, value in value.map { ";\(name)=\(Self.escaped($0))" } ?? "" }.joined()
    }

    private var choiceText: String {
        switch choice {
        case .firstVideo: "v"
        case .firstAudio: "a"
        case .firstText: "t"
        case .id(let id): "\(id)"
        case .text(let id): "t\(id)"
        }
    }

    /// From `text`; nil for anything else.
    init?(text: Substring) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first, let choice = Self.choice(first) else { return nil }
        self.init(choice)
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "="), let value = Self.unescaped(part[part.index(after: equals)...]),
                take(String(part[..<equals]), value)
            else { return nil }
        }
    }

    private static func choice(_ word: Substring) -> Choice? {
        switch word {
        case "v": .firstVideo
        case "a": .firstAudio
        case "t": .firstText
        case _ where word.hasPrefix("t"): UInt32(word.dropFirst()).map { .text(id: $0) }
        default: UInt32(word).map { .id($0) }
        }
    }

    /// - Returns: whether it may be said, and was not before.
    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "language" where language == nil && value.utf8.count <= Self.longestLanguage: language = value
        case "label" where label == nil && value.utf8.count <= Self.longestLabel: label = value
        case "role" where role == nil:
            role = Role(rawValue: value)
            return role != nil
        default: return false
        }
        return !value.isEmpty
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [0x2D, 0x2E, 0x5F].contains(byte)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            if isPlain(byte) {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
            }
        }
        return escaped
    }

    /// Nil for what `escaped` does not write.
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x25 {
                let digits = rest.prefix(2)
                rest = rest.dropFirst(2)
                guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
                    return nil
                }
                bytes.append(value)
            } else {
                guard isPlain(byte) else { return nil }
                bytes.append(byte)
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self), escaped(string) == text else { return nil }
        return string
    }
}
