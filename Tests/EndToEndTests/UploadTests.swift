import Foundation
import TestSupport
import Testing

/// Uploaded MP4 sets play as their files do: the same frames at the same times, whatever encrypts them on the way. No
/// decrypter and no decoder here is ours.
@Suite(.waiting) struct UploadTests {
    let site: UploadSite

    init() throws {
        site = try UploadSite.shared.get()
    }

    private func asset(_ upload: Upload) throws -> UploadSite.Asset { try #require(site.assets[upload]) }

    private func address(_ locator: String, _ upload: Upload) -> String {
        "\(site.server.origin)/\(locator)/\(upload.rawValue).ism"
    }

    /// Each track with the file that it was taken from: renditions of a set are told apart by their rates, which stand in the
    /// names of the files.
    private func tracks(_ upload: Upload) throws -> [(track: String, kind: String, file: String)] {
        let asset = try asset(upload)
        let files = asset.files
        let videos = asset.video.map { track in
            (track, "v", files.first { track.hasSuffix($0.split(separator: "_").last?.dropLast(4) ?? "-") } ?? files[0])
        }
        return videos + asset.audio.enumerated().map { ($1, "a", $0 == 0 ? files[0] : files[files.count - 1]) }
    }

    /// What the file itself decodes to. Of sound all but the first frames, which depend on what was there before them.
    private func expect(
        _ decoded: [String], equals kind: String, of file: String, in way: [String] = [], _ comment: Comment
    ) throws {
        let turned = file.contains("turned") ? ["-noautorotate"] : []
        let source = try MediaProbe.frames(turned + ["-i", file, "-map", "0:\(kind):0"] + way)
        guard kind == "a" else {
            #expect(!decoded.isEmpty)
            #expect(decoded == source, comment)
            return
        }
        #expect(decoded.count >= source.count - 2 && decoded.count <= source.count, comment)
        #expect(decoded.dropFirst(2) == source.suffix(decoded.count).dropFirst(2), comment)
    }

    /// Of each frame, and so the offset between sound and picture. Pictures are read from MPEG-TS, which counts from ten
    /// seconds on, since ffprobe adds a delay of its own to MP4 with negative composition offsets; sound from MP4, since it
    /// guesses at times within the packets of MPEG-TS.
    @Test(arguments: Extent.sample(Upload.allCases.filter(\.isInTransportStreams), every: 3))
    func timesAreThoseOfTheFile(upload: Upload) throws {
        let folder = try Folder()
        let clear = address(try asset(upload).clear, upload)
        for (track, kind, file) in try tracks(upload) {
            let stored =
                kind == "v"
                ? try MediaProbe.times("\(clear)/v1/clear/ts/\(track)/media.m3u8", kind).map { $0 - 10 }
                : try MediaProbe.times(MediaProbe.whole(clear, clear, "clear", track, folder), kind)
            let source = try MediaProbe.times(file, kind)
            // Of sound a frame that begins before the presentation is left out.
            #expect(kind == "v" ? stored.count == source.count : (0...1).contains(source.count - stored.count))
            let distance = try #require(zip(stored, source.suffix(stored.count)).map { abs($0 - $1) }.max())
            #expect(distance < 0.000_02, "\(track)")
        }
    }

    @Test(arguments: Extent.sample(Upload.allCases.filter(\.isInTransportStreams), every: 3))
    func hlsAES128ThroughFFmpeg(upload: Upload) throws {
        let base = address(try asset(upload).protected, upload)
        for (track, kind, file) in try tracks(upload) {
            let decoded = try MediaProbe.frames(
                [
                    "-headers", "Authorization: Bearer \(site.token)\r\n", "-i",
                    "\(base)/v1/cbc/ts/\(track)/media.m3u8",
                ] + upload.way(of: kind))
            try expect(decoded, equals: kind, of: file, in: upload.way(of: kind), "\(track)")
        }
    }

    @Test(arguments: Upload.allCases.filter { !$0.isInTransportStreams })
    func whatMPEGTSCannotCarryIsRefusedWithTheFormatsThatCan(upload: Upload) throws {
        let answer = try curl(address(try asset(upload).clear, upload) + "/manifest(format=m3u8-aapl)")
        #expect(answer.status == 415)
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains("m3u8-cmaf") && text.contains("mpd-time-cmaf"), "\(text)")
    }

    @Test(arguments: Extent.pairs(Upload.allCases, ["cenc", "cbcs-aapl"]))
    func commonEncryptionThroughShakaPackager(upload: Upload, scheme: String) throws {
        let folder = try Folder()
        let (clear, base) = (address(try asset(upload).clear, upload), address(try asset(upload).protected, upload))
        for (track, kind, file) in try tracks(upload) {
            let encrypted = try MediaProbe.whole(clear, base, scheme, track, folder)
            let key = try MediaProbe.clearKey(
                for: Data(contentsOf: URL(fileURLWithPath: encrypted)), origin: site.server.origin, token: site.token)
            let output = folder.path + "/\(track)-decrypted.mp4"
            let outcome = try run(
                Programs.outside("packager-linux-x64"),
                [
                    "in=\(encrypted),stream=\(kind == "v" ? "video" : "audio"),output=\(output)",
                    "--enable_raw_key_decryption", "--keys", "label=:key_id=\(key.id):key=\(key.key)",
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let decoded = try MediaProbe.frames(["-noautorotate", "-i", output] + upload.way(of: kind))
            try expect(decoded, equals: kind, of: file, in: upload.way(of: kind), "\(track)")
        }
    }

    @Test func shapeAndRotationStayInInitSegments() throws {
        func shape(_ file: String) throws -> String {
            try run(
                Programs.outside("ffprobe"),
                [
                    "-v", "error", "-select_streams", "v", "-show_entries",
                    "stream=width,height,sample_aspect_ratio:stream_side_data=rotation", "-of", "csv=p=0", file,
                ]
            ).text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let folder = try Folder()
        let asset = try asset(.turned)
        let clear = address(asset.clear, .turned)
        let stored = try MediaProbe.whole(clear, clear, "clear", asset.video[0], folder)
        #expect(try shape(stored) == shape(asset.files[0]))
        #expect(try shape(stored).hasSuffix("90"))
        #expect(try shape(stored).contains("4:3"))
    }

    @Test func manifestsNameEveryTrackOnce() throws {
        for upload in Upload.allCases {
            let asset = try asset(upload)
            let isSet = upload == .interview || upload == .handMadeManifest
            #expect(asset.video.count == (isSet ? 3 : upload.hasVideo ? 1 : 0))
            // Two of the three recordings of the interview's sound are the same.
            #expect(asset.audio.count == ([.interview, .twoLanguages].contains(upload) ? 2 : upload.hasAudio ? 1 : 0))
        }
        #expect(
            try asset(.interview).warnings == [
                "interview_283k.mp4: track 1 (audio) is the same as track 1 of interview_184k.mp4: kept once"
            ])
        #expect(
            try asset(.smooth).warnings == [
                "smooth.ism: its client manifest 'film.ismc' does not exist: done without",
                "smooth.ism: 'words.ismt' is listed as text and cannot be read: left out",
            ])
        #expect(try asset(.handMadeManifest).warnings == [])
        #expect(try asset(.openGroups).warnings.count == 1)
        #expect(try asset(.turned).warnings.count == 1)
        #expect(try asset(.progressive).warnings == [])
    }

    /// Segments of open groups are not said to be independent.
    @Test func openGroupsAreSignalled() throws {
        for (upload, isOpen) in [(Upload.openGroups, true), (.fragments, false)] {
            let asset = try asset(upload)
            let base = "\(site.server.origin)/\(asset.clear)/\(upload.rawValue).ism/manifest(format="
            func text(_ url: String) throws -> String { String(decoding: try curl(url).body, as: UTF8.self) }
            let mpd = try text(base + "mpd-time-cmaf)")
            let pictures = try #require(
                mpd.components(separatedBy: "<AdaptationSet ").first { $0.contains("\"video\"") })
            #expect(pictures.contains("startWithSAP=\"\(isOpen ? 3 : 1)\""))
            #expect(mpd.components(separatedBy: "startWithSAP=\"1\"").count == (isOpen ? 2 : 3))
            let said = "#EXT-X-INDEPENDENT-SEGMENTS"
            #expect(try text(base + "m3u8-cmaf)").contains(said) != isOpen)
            let folder = "\(site.server.origin)/\(asset.clear)/\(upload.rawValue).ism/v1/clear"
            for container in ["ts", "cmaf"] {
                #expect(try text("\(folder)/\(container)/\(asset.video[0])/media.m3u8").contains(said) != isOpen)
                #expect(try text("\(folder)/\(container)/\(asset.audio[0])/media.m3u8").contains(said))
            }
        }
    }

    @Test func anOldNameGetsANewVersion() throws {
        let data = try DataFolder()
        for version in 1...2 {
            let answer = try data.must("asset", "upload", "film", Programs.clip("exo_sample.mp4"), "--json").json()
            #expect(answer["version"] as? Int == version)
        }
        #expect(try data.must("encode", Programs.clip(), "--asset", "film", "--json").text.contains("\"version\" : 3"))
    }
}
