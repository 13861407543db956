import Foundation
import KeyServer

/// A track as a player finds it in a manifest: the best video rendition, and the sound.
struct PlayableTrack {
    var isVideo: Bool
    /// Nil for MPEG-TS.
    var initialization: String?
    var segments: [Playlist.Segment]

    /// From a multivariant playlist and the media playlists that it names.
    static func hls(_ master: Data, at url: String, _ fetch: Fetch) async throws -> [PlayableTrack] {
        let playlist = Playlist(master, at: url)
        var tracks: [PlayableTrack] = []
        for (address, isVideo) in [(playlist.variants.first, true), (playlist.renditions.first, false)] {
            guard let address else { continue }
            let media = Playlist(try await fetch.object(address), at: address)
            tracks.append(PlayableTrack(isVideo: isVideo, initialization: media.map, segments: media.segments))
        }
        return tracks
    }

    /// From a media presentation description: the first representation of each adaptation set.
    static func dash(_ manifest: Data, at url: String) throws -> [PlayableTrack] {
        let text = String(decoding: manifest, as: UTF8.self)
        return text.components(separatedBy: "<AdaptationSet").dropFirst().compactMap { set in
            guard let representation = attribute("id", after: "<Representation", in: set),
                let initialization = attribute("initialization", after: "<SegmentTemplate", in: set),
                let media = attribute("media", after: "<SegmentTemplate", in: set)
            else { return nil }
            func absolute(_ template: String, _ time: UInt64 = 0) -> String {
                let reference = template.replacingOccurrences(of: "$RepresentationID$", with: representation)
                    .replacingOccurrences(of: "$Time$", with: "\(time)")
                return URL(string: reference, relativeTo: URL(string: url))?.absoluteString ?? reference
            }
            return PlayableTrack(
                isVideo: set.contains("contentType=\"video\""), initialization: absolute(initialization),
                segments: times(set).map { Playlist.Segment(url: absolute(media, $0)) })
        }
    }

    /// The start of every segment of a `SegmentTimeline`.
    private static func times(_ set: String) -> [UInt64] {
        var times: [UInt64] = []
        for entry in set.components(separatedBy: "<S ").dropFirst() {
            guard let start = attribute("t", after: "", in: entry).flatMap(UInt64.init),
                let duration = attribute("d", after: "", in: entry).flatMap(UInt64.init)
            else { continue }
            let repeats = attribute("r", after: "", in: entry).flatMap(UInt64.init) ?? 0
            times += (0...min(repeats, 100_000)).map { start + $0 * duration }
        }
        return times
    }

    /// An attribute of the first element that has this start.
    private static func attribute(_ name: String, after element: String, in text: String) -> String? {
        var rest = text[...]
        if !element.isEmpty {
            guard let start = text.range(of: element) else { return nil }
            rest = text[start.upperBound...]
        }
        let scope = element.isEmpty ? String(rest.prefix { $0 != ">" }) : String(rest)
        guard let start = (" " + scope).range(of: " \(name)=\"") else { return nil }
        return String((" " + scope)[start.upperBound...].prefix { $0 != "\"" })
    }
}

/// The ClearKey endpoint, as a browser asks it (W3C EME, 9.1).
enum ClearKey {
    /// The key of a KID, both as hexadecimal digits.
    static func fetch(_ keyID: String, from url: String, token: String, _ fetch: Fetch) async throws -> String {
        struct Licence: Decodable {
            struct Key: Decodable {
                var kid: String
                var k: String
            }
            var keys: [Key]
        }
        let digits = Array(keyID)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let kid = Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        let answer = try await fetch.get(url, token: token, post: #"{"kids":["\#(kid)"],"type":"temporary"}"#)
        guard answer.status == 200, let licence = try? JSONDecoder().decode(Licence.self, from: answer.body),
            let value = licence.keys.first(where: { $0.kid == kid })?.k,
            let key = Data(
                base64Encoded: value.replacingOccurrences(of: "-", with: "+")
                    .replacingOccurrences(of: "_", with: "/") + "==")
        else {
            throw CommandFailure(
                .software,
                "the proof failed: the ClearKey licence was refused: \(answer.status) \(answer.problem ?? "")")
        }
        return key.map { String(format: "%02x", $0) }.joined()
    }
}
