import Foundation
import TestSupport
import Testing

/// Playlists as the rules want them, and what they say about key frames.
@Suite(.waiting) struct PlaylistTests {
    let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    struct Seen {
        var playlists: Int
        var segments: Int
        var keyFrames: Int
        var versions: [Int]
    }

    /// Runs the checker over a multivariant playlist and all that it names.
    static func check(_ url: String) throws -> Seen {
        let (seen, broken) = try PlaylistCheck.report(url)
        #expect(broken == [])
        return Seen(
            playlists: seen["playlists"] as? Int ?? 0, segments: seen["segments"] as? Int ?? 0,
            keyFrames: seen["iframes"] as? Int ?? 0, versions: seen["versions"] as? [Int] ?? [])
    }

    @Test(arguments: ["m3u8-aapl", "m3u8-cmaf"])
    func clearPlaylistsFollowTheRules(format: String) throws {
        let seen = try Self.check("\(site.clear)/manifest(format=\(format))")
        #expect(seen.playlists == 12)
        // Five renditions of three segments, and four of sound; a key frame at the start of each segment.
        #expect(seen.keyFrames == 15)
    }

    @Test(arguments: ["m3u8-aapl,encryption=cbc", "m3u8-cmaf,encryption=cbcs-aapl"])
    func protectedPlaylistsFollowTheRules(format: String) throws {
        #expect(try Self.check("\(site.protected)/manifest(format=\(format))").keyFrames == 15)
    }

    /// One key frame as an I-frame playlist gives it.
    private struct Frame {
        var range: Range<Int>
        var segment: String
        var vector: String?
    }

    private func frames(_ folder: String) throws -> [Frame] {
        let text = String(decoding: try curl("\(folder)/iframes.m3u8").body, as: UTF8.self)
        var frames: [Frame] = []
        var (range, vector) = (0..<0, nil as String?)
        for line in text.split(separator: "\n") {
            if let found = line.firstRange(of: "IV=0x") { vector = String(line[found.upperBound...].prefix(32)) }
            if line.hasPrefix("#EXT-X-BYTERANGE:") {
                let sides = line.dropFirst(17).split(separator: "@").compactMap { Int($0) }
                range = sides[1]..<(sides[0] + sides[1])
            } else if !line.hasPrefix("#") {
                frames.append(Frame(range: range, segment: String(line), vector: vector))
            }
        }
        return frames
    }

    private func part(_ url: String, _ range: Range<Int>) throws -> Data {
        let answer = try curl(url, "-H", "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        #expect(answer.status == 206)
        #expect(answer.body.count == range.count)
        return answer.body
    }

    /// The hash of the first picture that ffmpeg decodes.
    private func picture(_ media: Data, _ options: [String] = [], _ program: String = "ffmpeg") throws -> [String] {
        let folder = try Folder()
        let file = try folder.write("media", media)
        let outcome = try run(
            Programs.outside(program),
            ["-v", "fatal"] + options + ["-i", file, "-map", "0:v", "-frames:v", "1", "-f", "framemd5", "-"])
        return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map(String.init)
        }
    }

    /// What the whole clear stream has at its key frames.
    private func expected(_ track: String) throws -> [[String]] {
        try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-skip_frame", "nokey", "-i", "\(site.clear)/v1/clear/ts/\(track)/media.m3u8",
                "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-",
            ]
        ).text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map { [String($0)] }
        }
    }

    @Test(arguments: Site.video)
    func eachRangeIsAPictureByItself(track: String) throws {
        let expected = try expected(track)
        #expect(expected.count == 3)
        let ts = "\(site.clear)/v1/clear/ts/\(track)"
        let tables = try part("\(ts)/0.ts", 0..<376)
        #expect(try frames(ts).map { try picture(tables + part("\(ts)/\($0.segment)", $0.range)) } == expected)
        let cmaf = "\(site.clear)/v1/clear/cmaf/\(track)"
        let header = try curl("\(cmaf)/init.mp4").body
        #expect(try frames(cmaf).map { try picture(header + part("\(cmaf)/\($0.segment)", $0.range)) } == expected)
    }

    /// As RFC 8216, 6.3.6, has it: the range widened to blocks, and by one block before it for the IV.
    @Test(arguments: ["ts", "cmaf"])
    func rangesOfEncryptedSegmentsAreDecryptedByThemselves(container: String) throws {
        let track = Site.video[0]
        let folder = "\(site.protected)/v1/cbc/\(container)/\(track)"
        let key = try EnvelopeKey.fetch(from: "\(folder)/media.m3u8", site)
        let before =
            try container == "ts"
            ? part("\(site.clear)/v1/clear/ts/\(track)/0.ts", 0..<376) : curl("\(folder)/init.mp4").body
        let pictures = try frames(folder).map { frame in
            let start = frame.range.lowerBound / 16 * 16
            let end = (frame.range.upperBound + 15) / 16 * 16
            let bytes = try part("\(folder)/\(frame.segment)", (start - 16)..<end)
            let clear = try key.decryptBlocks(bytes.dropFirst(16), vector: bytes.prefix(16))
            let skipped = frame.range.lowerBound - start
            return try picture(before + clear[skipped..<(skipped + frame.range.count)])
        }
        #expect(try pictures == expected(track))
    }

    @Test(arguments: ["cenc", "cbcs-aapl"])
    func rangesOfProtectedFragmentsAreDecryptedByThemselves(scheme: String) throws {
        let track = Site.video[0]
        let root = try scheme == "cenc" ? FormsSite.shared.get().cenc : site.protected
        let folder = "\(root)/v1/\(scheme)/cmaf/\(track)"
        let header = try curl("\(folder)/init.mp4").body
        let key = try ClearKeyLicence.key(for: header, site).key
        let pictures = try frames(folder).map {
            try picture(
                header + part("\(folder)/\($0.segment)", $0.range), ["-decryption_key", key], "ffmpeg-linux-x64")
        }
        #expect(try pictures == expected(track))
    }

    /// HLS must be allowed: DASH alone has no playlists.
    @Test func playlistsAreForHLSAlone() throws {
        for playlist in ["media", "iframes"] {
            #expect(try curl("\(site.protected)/v1/cenc/cmaf/\(Site.video[0])/\(playlist).m3u8").status == 403)
        }
    }

    @Test func soundHasNoKeyFrames() throws {
        #expect(try curl("\(site.clear)/v1/clear/ts/\(Site.audio)/iframes.m3u8").status == 404)
    }
}

/// The 16 bytes of an AES-128 playlist's key, with OpenSSL's program to use them.
struct EnvelopeKey {
    let bytes: Data

    static func fetch(from playlist: String, _ site: Site) throws -> EnvelopeKey {
        let text = String(decoding: try curl(playlist).body, as: UTF8.self)
        let url = String(try #require(text.components(separatedBy: "URI=\"").dropFirst().last?.prefix { $0 != "\"" }))
        let bytes = try curl(url, "-H", "Authorization: Bearer \(site.token)").body
        #expect(bytes.count == 16)
        return EnvelopeKey(bytes: bytes)
    }

    static func hex(_ data: some Sequence<UInt8>) -> String {
        data.map { String(format: "%02x", $0) }.joined()
    }

    /// Without padding.
    func decryptBlocks(_ data: some DataProtocol, vector: some Sequence<UInt8>) throws -> Data {
        try decrypt(Data(data), ["-iv", Self.hex(vector), "-nopad"])
    }

    /// A whole segment; OpenSSL checks the padding.
    func decryptSegment(_ data: Data, vector: String) throws -> Data {
        try decrypt(data, ["-iv", vector])
    }

    private func decrypt(_ data: Data, _ options: [String]) throws -> Data {
        let outcome = try run(
            Programs.outside("openssl"), ["enc", "-d", "-aes-128-cbc", "-K", Self.hex(bytes)] + options, input: data)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }
}
