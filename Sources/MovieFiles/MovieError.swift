import ISOBaseMedia
public import MediaModel

/// Why a movie file was refused: what is wrong, in which file, in which box, at which byte.
public struct MovieError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of the refusal; stable.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// It is not an MP4 file, or holds no video and no audio.
        case notMovie
        /// It ends before what it declares.
        case truncated
        /// Parts of it contradict each other, or the standard.
        case damaged
        /// Legal, but not among what is served without encoding it anew.
        case unsupported
        case unknownCodec
        case encrypted
        /// The renditions of a set have their key frames at different times.
        case notAligned
        case limitExceeded
        /// The file cannot be read.
        case unreadable
    }

    public var code: Code
    public var reason: String
    /// The file's name, once it is known.
    public var file: String?
    /// The boxes around the place, outermost first.
    public var path: [FourCC]
    /// From the start of the file, in bytes.
    public var offset: UInt64?

    public init(_ code: Code, _ reason: String, path: [FourCC] = [], at offset: UInt64? = nil) {
        self.code = code
        self.reason = reason
        self.path = path
        self.offset = offset
    }

    /// A refusal of bytes that were read on their own.
    ///
    /// - Parameter start: of those bytes in the file.
    init(_ error: BoxError, within path: [FourCC], from start: UInt64) {
        var bare = error
        bare.path = []
        bare.offset = 0
        let text = bare.description
        // Of the description only the reason: this error says path and place itself.
        let reason = text.hasSuffix(" (at byte 0)") ? String(text.dropLast(12)) : text
        self.init(.damaged, reason, path: path + error.path, at: start + UInt64(clamping: error.offset))
    }

    public var description: String {
        let name = file.map { "\($0): " } ?? ""
        let boxes = path.isEmpty ? "" : path.map(\.description).joined(separator: "/") + ": "
        return name + boxes + reason + (offset.map { " (at byte \($0))" } ?? "")
    }

    func named(_ name: String) -> MovieError {
        var error = self
        if error.file == nil { error.file = name }
        return error
    }
}
