/// Why a file of subtitles was refused: where, and what is wrong. Never says more of its text than a word.
public struct SubtitleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of the refusal.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// It is not a file of that kind.
        case notSubtitles
        /// It contradicts itself, or the standard.
        case damaged
        /// Legal, but not among what is taken.
        case unsupported
        case limitExceeded
    }

    public var code: Code
    /// From 1; nil where no line is to blame.
    public var line: Int?
    public var reason: String

    public init(_ code: Code, line: Int? = nil, _ reason: String) {
        self.code = code
        self.line = line
        self.reason = reason
    }

    public var description: String { (line.map { "\($0): " } ?? "") + reason }
}
