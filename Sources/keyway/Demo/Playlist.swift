import Foundation

/// What the demo reads out of an HLS playlist: enough to do by hand what a player does.
struct Playlist {
    struct Segment {
        var url: String
        /// Of the `EXT-X-KEY` in force.
        var keyURL: String?
        var initializationVector: String?
    }

    /// Variants and audio renditions of a master playlist.
    var variants: [String] = []
    var renditions: [String] = []
    /// Segments of a media playlist.
    var segments: [Segment] = []
    var map: String?

    init(_ data: Data, at url: String) {
        func absolute(_ reference: String) -> String {
            URL(string: reference, relativeTo: URL(string: url))?.absoluteString ?? reference
        }
        var key: (url: String?, iv: String?) = (nil, nil)
        var isVariant = false
        for line in String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init) {
            if line.hasPrefix("#EXT-X-MEDIA:"), let uri = Self.attribute("URI", line) {
                renditions.append(absolute(uri))
            }
            if line.hasPrefix("#EXT-X-MAP:"), let uri = Self.attribute("URI", line) { map = absolute(uri) }
            if line.hasPrefix("#EXT-X-KEY:") {
                key = (Self.attribute("URI", line).map(absolute), Self.attribute("IV", line))
            }
            if line.hasPrefix("#EXT-X-STREAM-INF:") { isVariant = true }
            guard !line.hasPrefix("#") else { continue }
            if isVariant {
                variants.append(absolute(line))
            } else {
                segments.append(Segment(url: absolute(line), keyURL: key.url, initializationVector: key.iv))
            }
            isVariant = false
        }
    }

    /// The value of an attribute, without quotes.
    private static func attribute(_ name: String, _ line: String) -> String? {
        guard let start = line.range(of: name + "=") else { return nil }
        let rest = line[start.upperBound...]
        if rest.first == "\"" { return String(rest.dropFirst().prefix { $0 != "\"" }) }
        return String(rest.prefix { $0 != "," })
    }
}
