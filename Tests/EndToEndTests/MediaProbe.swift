import Foundation
import Testing

/// What programs that are not ours see in media.
enum MediaProbe {
    /// The hash of each frame that ffmpeg decodes, without a complaint.
    static func frames(_ input: [String]) throws -> [String] {
        let outcome = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error"] + input + ["-fps_mode", "passthrough", "-f", "framemd5", "-"])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            // Stream, two times, duration, size, hash; what is said beside a packet comes after.
            $0.split(separator: ",").dropFirst(5).first?.trimmingCharacters(in: .whitespaces)
        }
    }

    /// Presentation times of the packets of the first stream of a kind that are shown, ascending, in seconds.
    static func times(_ file: String, _ kind: String) throws -> [Double] {
        let outcome = try run(
            Programs.outside("ffprobe"),
            [
                "-v", "error", "-select_streams", "\(kind):0", "-show_entries", "packet=pts_time,flags", "-of",
                "csv=p=0",
                file,
            ])
        return outcome.text.split(separator: "\n").filter { !$0.contains("D") }
            .compactMap { $0.split(separator: ",").first.flatMap { Double($0) } }.sorted()
    }

    /// Init segment and all segments of a track in one file.
    static func whole(_ clear: String, _ base: String, _ scheme: String, _ track: String, _ folder: Folder) throws
        -> String
    {
        let root = "\(base)/v1/\(scheme)/cmaf/\(track)"
        var media = try curl("\(root)/init.mp4").body
        let playlist = try curl("\(clear)/v1/clear/cmaf/\(track)/media.m3u8").body
        for line in String(decoding: playlist, as: UTF8.self).split(separator: "\n") where line.hasSuffix(".m4s") {
            let segment = try curl("\(root)/\(line)")
            #expect(segment.status == 200)
            media.append(segment.body)
        }
        return try folder.write("\(scheme)-\(track).mp4", media)
    }

    /// Asks the ClearKey endpoint for the key that the init segment's `tenc` names: both as hexadecimal digits.
    static func clearKey(for media: Data, origin: String, token: String) throws -> (id: String, key: String) {
        let at = try #require(media.range(of: Data("tenc".utf8))).upperBound
        let id = media[(at + 8)..<(at + 24)]
        let text = id.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        let answer = try curl(
            "\(origin)/keys/clearkey", "-H", "Authorization: Bearer \(token)", "-d",
            #"{"kids":["\#(text)"],"type":"temporary"}"#)
        let document = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        let value = try #require((document?["keys"] as? [[String: String]])?.first?["k"])
        let standard = value.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/") + "=="
        let key = try #require(Data(base64Encoded: standard))
        func hex(_ data: Data) -> String { data.map { String(format: "%02x", $0) }.joined() }
        return (hex(id), hex(key))
    }
}
