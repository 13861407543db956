/// A URL, absolute or relative to the manifest, in which `{track}` stands for the track's name and `{time}` for the
/// decode time of a segment, `{number}` for the number of a sheet of thumbnails. Everything else is taken as it is, except that bytes which a URL cannot have are
/// percent-encoded: no text of a user's can end a line, an attribute or an element of a manifest.
public struct URLTemplate: Sendable, Hashable, ExpressibleByStringLiteral {
    enum Part: Hashable, Sendable {
        case literal(String)
        case track
        case time
        case number
    }

    let parts: [Part]

    /// Never fails; `{` with anything else behind it is percent-encoded.
    public init(_ text: String) {
        var parts: [Part] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix("{track}") {
                parts.append(.track)
                rest = rest.dropFirst("{track}".count)
            } else if rest.hasPrefix("{time}") {
                parts.append(.time)
                rest = rest.dropFirst("{time}".count)
            } else if rest.hasPrefix("{number}") {
                parts.append(.number)
                rest = rest.dropFirst("{number}".count)
            } else {
                let end = rest.dropFirst().firstIndex(of: "{") ?? rest.endIndex
                parts.append(.literal(String(rest[..<end]).urlReference))
                rest = rest[end...]
            }
        }
        self.parts = parts
    }

    /// As `init(_:)`.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    func contains(_ part: Part) -> Bool { parts.contains(part) }

    /// The URL of one segment, or of something that does not depend on time.
    func expanded(track: String, time: UInt64 = 0, number: Int = 0) -> String {
        parts.map { part in
            switch part {
            case .literal(let text): text
            case .track: track
            case .time: "\(time)"
            case .number: "\(number)"
            }
        }.joined()
    }

    /// With the identifiers of DASH, where a dollar sign stands for itself when doubled (ISO/IEC 23009-1, 5.3.9.4.4).
    var dashTemplate: String {
        parts.map { part in
            switch part {
            case .literal(let text):
                text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
            case .track: "$RepresentationID$"
            case .time: "$Time$"
            case .number: "$Number$"
            }
        }.joined()
    }
}

/// Where the parts of a track lie.
public struct TrackAddresses: Sendable, Hashable {
    /// The media playlist, for HLS; may name `{track}`.
    public var playlist: URLTemplate
    /// The I-frame playlist, for HLS; nil for none. May name `{track}`.
    public var keyFramePlaylist: URLTemplate?
    /// A key frame that is an object of its own, for HLS; must name `{time}`, and may name `{track}`.
    public var keyFrame: URLTemplate?
    /// The init segment; nil for MPEG-TS, which has none. May name `{track}`.
    public var initialization: URLTemplate?
    /// A segment; must name `{time}`, or `{number}` where it is a sheet of thumbnails; may name `{track}`.
    public var media: URLTemplate

    /// Addresses of one track.
    public init(playlist: URLTemplate, initialization: URLTemplate?, media: URLTemplate) {
        self.playlist = playlist
        self.initialization = initialization
        self.media = media
    }
}

extension String {
    /// With every byte percent-encoded that a URL reference cannot have (RFC 3986, 2), and `#`, which would begin a
    /// comment of a playlist and has no meaning for what is fetched. Escapes that are there stay.
    var urlReference: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            if Self.urlBytes.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let urlBytes = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=%".utf8)
}
