import Administration
import Foundation
import KeyServer

/// The second half of the demo: programs that are not ours play each stream with a token, and are refused without.
struct DemoProof {
    /// The programs.
    struct Tools: Sendable {
        let curl: OutsideTool
        let ffmpeg: OutsideTool
        let packager: OutsideTool

        init() throws {
            curl = try .find("curl")
            ffmpeg = try .find("ffmpeg")
            packager = try .find("packager", "packager-linux-x64")
        }
    }

    /// What a decoder made of a track: a hash of each frame.
    typealias Frames = [String]

    let tools: Tools
    let published: PublishAsset.Report
    let tokens: DemoTokens
    let endpoint: String
    let folder: TemporaryFolder
    let fetch: Fetch

    init(tools: Tools, published: PublishAsset.Report, tokens: DemoTokens, endpoint: String) throws {
        self.tools = tools
        self.published = published
        self.tokens = tokens
        self.endpoint = endpoint
        folder = try TemporaryFolder()
        fetch = Fetch(curl: tools.curl, folder: folder)
    }

    /// Proves every stream, or throws what is not so.
    func run() async throws {
        Terminal.print("4. Proof: with a token each stream is decrypted and decoded by other people's programs")
        var reference: (video: Frames, audio: Frames?)?
        for stream in published.streams where DemoStage.shows(stream) {
            let frames = try await play(stream)
            guard !frames.video.isEmpty else { throw failure("\(stream.format): no picture was decoded") }
            if let reference, reference.video != frames.video || reference.audio != frames.audio {
                throw failure("\(stream.format), \(stream.encryption): the frames differ from the other streams'")
            }
            reference = frames
            let sound = frames.audio.map { ", \($0.count) frames of sound" } ?? ""
            Terminal.print("   proved  \(label(stream))  \(frames.video.count) pictures\(sound)")
        }
        Terminal.print("           the decrypted frames of all streams are the same")
        try await refusals()
    }

    private func label(_ stream: StreamAddress) -> String {
        "\(stream.format), \(stream.encryption)".padding(toLength: 22, withPad: " ", startingAt: 0)
    }

    private func play(_ stream: StreamAddress) async throws -> (video: Frames, audio: Frames?) {
        let manifest = try await fetch.object(stream.url)
        let tracks =
            stream.format.hasPrefix("mpd")
            ? try PlayableTrack.dash(manifest, at: stream.url)
            : try await PlayableTrack.hls(manifest, at: stream.url, fetch)
        var frames: [Frames] = []
        for (number, track) in tracks.enumerated() {
            let name = "\(stream.policy)-\(number)"
            let clear =
                stream.encryption == "envelope"
                ? try await encryptedPlaylist(track, name) : try await decryptedFile(track, name)
            frames.append(try await decode(clear))
        }
        guard let video = frames.first else { throw failure("\(stream.format): the manifest has no track") }
        return (video, frames.count > 1 ? frames[1] : nil)
    }

    /// Whole segments under AES-128: ffmpeg itself decrypts them, from a local playlist that names the key as a file, so
    /// that neither token nor key is in a process's arguments.
    private func encryptedPlaylist(_ track: PlayableTrack, _ name: String) async throws -> String {
        var lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:60"]
        var keys: [String: String] = [:]
        for (number, segment) in track.segments.enumerated() {
            guard let keyURL = segment.keyURL, let vector = segment.initializationVector else {
                throw failure("a segment of \(name) is not encrypted")
            }
            if keys[keyURL] == nil {
                let answer = try await fetch.get(keyURL, token: tokens.valid)
                guard answer.status == 200, answer.body.count == 16 else {
                    throw failure("the key was refused with a valid token: \(answer.status) \(answer.problem ?? "")")
                }
                keys[keyURL] = try folder.write("\(name).key", answer.body)
            }
            let file = try folder.write("\(name)-\(number).ts", try await fetch.object(segment.url))
            lines.append("#EXT-X-KEY:METHOD=AES-128,URI=\"\(keys[keyURL] ?? "")\",IV=\(vector)")
            lines += ["#EXTINF:10,", file]
        }
        lines.append("#EXT-X-ENDLIST")
        return try folder.write("\(name).m3u8", Data(lines.joined(separator: "\n").utf8))
    }

    /// Common Encryption: Shaka Packager decrypts, with the key that the ClearKey endpoint gave for the token. The key is in
    /// a file of flags.
    private func decryptedFile(_ track: PlayableTrack, _ name: String) async throws -> String {
        guard let map = track.initialization else { throw failure("\(name) has no init segment") }
        var media = try await fetch.object(map)
        guard let keyID = Self.keyID(in: media) else { throw failure("\(name) is not encrypted") }
        for segment in track.segments { media.append(try await fetch.object(segment.url)) }
        let encrypted = try folder.write("\(name).mp4", media)
        let key = try await ClearKey.fetch(keyID, from: endpoint + "/keys/clearkey", token: tokens.valid, fetch)
        let flags = try folder.write("\(name).flags", Data("--keys=label=:key_id=\(keyID):key=\(key)\n".utf8))
        let output = folder.file("\(name)-clear.mp4")
        let kind = track.isVideo ? "video" : "audio"
        let outcome = try await tools.packager.run([
            "in=\(encrypted),stream=\(kind),output=\(output)", "--enable_raw_key_decryption", "--flagfile=\(flags)",
        ])
        guard outcome.isSuccess else {
            throw failure("Shaka Packager cannot decrypt \(name): \(outcome.errors.suffix(300))")
        }
        return output
    }

    /// The hash of each frame that ffmpeg decodes; it must not complain.
    private func decode(_ file: String) async throws -> Frames {
        let outcome = try await tools.ffmpeg.run([
            "-v", "error", "-allowed_extensions", "ALL", "-i", file, "-f", "framemd5", "-",
        ])
        // Only HLS knows the option, and other demuxers refuse it.
        if !outcome.isSuccess, outcome.errors.contains("allowed_extensions") || outcome.errors.contains("not found") {
            return try frames(await tools.ffmpeg.run(["-v", "error", "-i", file, "-f", "framemd5", "-"]), file)
        }
        return try frames(outcome, file)
    }

    private func frames(_ outcome: OutsideTool.Outcome, _ file: String) throws -> Frames {
        guard outcome.isSuccess, outcome.errors.isEmpty else {
            throw failure("ffmpeg cannot decode \(file): \(outcome.errors.prefix(300))")
        }
        return outcome.output.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// `default_KID` of the init segment's `tenc` (ISO/IEC 23001-7, 8.2): 32 hexadecimal digits.
    private static func keyID(in initialization: Data) -> String? {
        guard let type = initialization.range(of: Data("tenc".utf8)), type.upperBound + 24 <= initialization.endIndex
        else { return nil }
        return initialization[(type.upperBound + 8)..<(type.upperBound + 24)].map { String(format: "%02x", $0) }
            .joined()
    }

    func failure(_ reason: String) -> CommandFailure {
        CommandFailure(.software, "the proof failed: \(reason)")
    }
}
