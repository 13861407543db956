import Foundation

/// What is uploaded: clips made by others, and files that ffmpeg makes of one of them.
enum Upload: String, CaseIterable {
    // Made by others.
    case progressive, fragmentedByOthers, lateSound, surround, interview
    // Made here.
    case firstMovie, fragments, fragmentsWithOffsets, hybrid, delay, trimmed, broadcastRate, oddTimescale, variableRate
    case openGroups, turned, soundOnly, pictureOnly, smooth, handMadeManifest, doubleRate, twoLanguages, fourHours
    // Of other codecs; the first two, and the last one's sound, made by others.
    case hevc, av1, tenBits, vp9, dolby, flac, highDynamicRange, hybridLogGamma, surroundOpus, highEfficiency

    /// What ffmpeg makes of AC-3 and E-AC-3 has noise in it that goes on from frame to frame: as it is stored, then.
    func way(of kind: String) -> [String] { kind == "a" && [.dolby, .tenBits].contains(self) ? ["-c", "copy"] : [] }

    /// Whether MPEG-TS can carry its tracks.
    var isInTransportStreams: Bool {
        ![.hevc, .av1, .tenBits, .vp9, .flac, .highDynamicRange, .hybridLogGamma, .surroundOpus].contains(self)
    }

    /// Files of the set.
    func make(_ folder: Folder) throws -> [String] {
        switch self {
        case .progressive: return [Self.clip]
        case .fragmentedByOthers: return [Programs.clip("exo_frag.mp4")]
        case .lateSound: return [Programs.clip("exo_sample.mp4")]
        case .surround: return [Programs.clip()]
        case .hevc: return [Programs.clip("ed_hevc.mp4")]
        case .av1: return [Programs.clip("exo_av1.mp4")]
        case .interview: return ["184k", "283k", "350k"].map { Programs.clip("interview_\($0).mp4") }
        case .smooth:
            try Self.ffmpeg(Self.copy + ["-f", "ismv", folder.path + "/smooth.ismv"])
            return [
                try manifest(
                    folder,
                    [
                        #"<video src="smooth.ismv" systemBitrate="231000"><param name="trackID" value="1" valuetype="data"/></video>"#,
                        #"<audio src="smooth.ismv" systemBitrate="96000"><param name="trackID" value="2" valuetype="data"/></audio>"#,
                        #"<textstream src="words.ismt" systemLanguage="eng"/>"#,
                    ])
            ]
        case .handMadeManifest:
            // As for MP4 files that were made elsewhere: no track ids, sound of one file.
            let names = ["184k", "283k", "350k"].map { "interview_\($0).mp4" }
            for name in names {
                try FileManager.default.copyItem(atPath: Programs.clip(name), toPath: folder.path + "/" + name)
            }
            return [
                try manifest(
                    folder, names.map { "<video src=\"\($0)\"/>" } + ["<audio src=\"\(names[0])\" title=\"English\"/>"])
            ]
        case .twoLanguages:
            let film = folder.path + "/twoLanguages.mp4"
            let second = Self.secondSound(of: film)
            try Self.ffmpeg(["-ss", "2", "-i", Self.clip, "-vn", "-b:a", "64k", "-aac_pns", "0", second])
            try Self.ffmpeg(
                [
                    "-i", Self.clip, "-i", second, "-map", "0", "-map", "1", "-c", "copy", "-metadata:s:a:0",
                    "language=eng",
                    "-metadata:s:a:1", "language=deu", film,
                ])
            return [film]
        case .fourHours:
            let second = folder.path + "/fourHours-sound.mp4"
            try Self.ffmpeg([
                "-i", Self.clip, "-vn", "-t", "5", "-ac", "1", "-ar", "8000", "-b:a", "12k", "-aac_pns", "0", second,
            ])
            let film = folder.path + "/fourHours.mp4"
            try Self.ffmpeg(
                [
                    "-f", "lavfi", "-i", "testsrc2=s=160x120:r=1/5:d=14400", "-stream_loop", "-1", "-i", second, "-map",
                    "0:v", "-map", "1:a", "-c:a", "copy", "-c:v", "libx264", "-preset", "veryfast", "-x264-params",
                    "keyint=12:min-keyint=12:scenecut=0", "-t", "14400", film,
                ])
            return [film]
        default: return [try made(folder)]
        }
    }

    private static func secondSound(of film: String) -> String { film.dropLast(4) + "-second.mp4" }

    /// What the tracks are held against: the files, or what they were made of.
    func sources(_ files: [String]) -> [String] {
        switch self {
        case .smooth: [Self.clip]
        case .handMadeManifest: ["184k", "283k", "350k"].map { Programs.clip("interview_\($0).mp4") }
        case .twoLanguages: files + files.map(Self.secondSound)
        default: files
        }
    }

    private func manifest(_ folder: Folder, _ entries: [String]) throws -> String {
        let client = self == .smooth ? "<meta name=\"clientManifestRelativePath\" content=\"film.ismc\"/>" : ""
        return try folder.write(
            "\(rawValue).ism",
            Data(
                """
                <?xml version="1.0" encoding="utf-8"?>
                <smil xmlns="http://www.w3.org/2001/SMIL20/Language">
                  <head>\(client)</head>
                  <body><switch>\(entries.joined())</switch></body>
                </smil>
                """.utf8))
    }

    private static func ffmpeg(_ arguments: [String]) throws {
        let outcome = try run(Programs.outside("ffmpeg"), ["-v", "error", "-y"] + arguments)
        guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
    }

    var hasVideo: Bool { self != .soundOnly }
    var hasAudio: Bool { self != .pictureOnly }

    private static let clip = Programs.clip("bbb_prog_10s.mp4")
    private static let copy = ["-i", clip, "-c", "copy"]

    private static let short = ["-i", clip, "-t", "3", "-s", "160x120"]

    private static func encoded(_ more: [String] = [], params: String = "") -> [String] {
        [
            "-i", clip, "-t", "5", "-c:a", "copy", "-s", "160x120", "-c:v", "libx264", "-preset", "veryfast", "-bf",
            "3",
            "-x264-params", "keyint=24:min-keyint=24:scenecut=0" + params,
        ] + more
    }

    /// HEVC of ten bits in a wide range of colours.
    private static func wide(_ params: String, _ tag: String) -> [String] {
        Self.short + [
            "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params",
            "keyint=24:min-keyint=24:log-level=none:colorprim=bt2020:colormatrix=bt2020nc" + params, "-tag:v", tag,
            "-c:a", "copy",
        ]
    }

    private var arguments: [String] {
        switch self {
        case .firstMovie: Self.copy + ["-movflags", "+faststart"]
        case .fragments: Self.copy + ["-movflags", "frag_keyframe+empty_moov+default_base_moof+delay_moov"]
        case .fragmentsWithOffsets: Self.copy + ["-movflags", "frag_keyframe+empty_moov"]
        // The first fragment's samples go to 'moov'.
        case .hybrid: Self.copy + ["-movflags", "frag_keyframe"]
        case .delay:
            ["-i", Self.clip, "-itsoffset", "0.7", "-i", Self.clip, "-map", "0:v", "-map", "1:a", "-c", "copy"]
        case .trimmed: ["-ss", "2.625"] + Self.copy
        case .broadcastRate: Self.encoded(["-r", "30000/1001"])
        case .oddTimescale: Self.encoded(["-video_track_timescale", "90007"])
        case .variableRate:
            Self.encoded(["-vf", "select='not(eq(mod(n,5),3))*not(eq(mod(n,7),1))'", "-fps_mode", "vfr"])
        case .openGroups:
            [
                "-i", Self.clip, "-t", "5", "-c:a", "copy", "-s", "160x120", "-c:v", "libx264", "-preset", "veryfast",
                "-x264-params", "keyint=26:scenecut=0:open-gop=1:b-adapt=0:bframes=3",
            ]
        case .turned: Self.copy + ["-metadata:s:v", "rotate=90", "-aspect", "16:9"]
        case .soundOnly: Self.copy + ["-vn"]
        case .pictureOnly: Self.copy + ["-an"]
        case .tenBits:
            Self.short + [
                "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "keyint=24:min-keyint=24:log-level=none",
                "-tag:v", "hvc1", "-c:a", "eac3",
            ]
        case .vp9: Self.short + ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-g", "24", "-c:a", "libopus"]
        case .dolby: Self.short + ["-c:v", "libx264", "-g", "24", "-c:a", "ac3"]
        case .flac: Self.short + ["-c:v", "libx264", "-g", "24", "-c:a", "flac", "-strict", "-2"]
        case .doubleRate: Self.encoded(["-r", "60000/1001"])
        case .highDynamicRange:
            Self.wide(
                ":hdr10=1:transfer=smpte2084:max-cll=1000,400:"
                    + "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
                "hvc1")
        case .hybridLogGamma: Self.wide(":repeat-headers=1:transfer=arib-std-b67", "hev1")
        case .surroundOpus:
            Self.short + [
                "-c:v", "libsvtav1", "-preset", "12", "-g", "24", "-c:a", "libopus", "-ac", "6", "-mapping_family", "1",
            ]
        // As ffmpeg writes it: the entry's rate is twice the configuration's, which names the core alone.
        case .highEfficiency:
            ["-i", Self.clip, "-stream_loop", "7", "-i", Programs.clip("he_aac_v2.aac"), "-map", "0:v", "-map", "1:a"]
                + ["-c", "copy", "-t", "9"]
        case .progressive, .fragmentedByOthers, .lateSound, .surround, .interview, .smooth, .handMadeManifest, .hevc,
            .av1, .fourHours, .twoLanguages:
            []
        }
    }

    private func made(_ folder: Folder) throws -> String {
        let path = folder.path + "/\(rawValue).mp4"
        try Self.ffmpeg(arguments + [path])
        return path
    }
}

/// All of them in one data folder, published under three delivery policies and in the clear, and served.
final class UploadSite: Sendable {
    static let shared = Result { try UploadSite() }

    let data: DataFolder
    let server: RunningServer
    let token: String
    /// By upload: what it was made of, what the verb said, where it lies.
    let assets: [Upload: Asset]

    struct Asset: Sendable {
        var files: [String]
        /// Names of the tracks.
        var video: [String]
        var audio: [String]
        var warnings: [String]
        /// Locators, with which addresses begin.
        var protected: String
        var clear: String
    }

    private init() throws {
        data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let open = try data.folder.write(
            "clear.yaml", Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash]\nencryption: none\n".utf8))
        try data.must("apply", open)
        var assets: [Upload: Asset] = [:]
        for upload in Upload.allCases {
            let files = try upload.make(data.folder)
            let arguments = ["asset", "upload", upload.rawValue] + files + ["--json"]
            let outcome = try run(Programs.own("keyway"), arguments, environment: data.environment)
            guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
            let answer = try outcome.json()
            let names = (answer["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            let published = try data.must(
                "publish", upload.rawValue, "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "hls-cbcs",
                "--delivery", "dash-cenc", "--json"
            ).json()
            let unprotected = try data.must("publish", upload.rawValue, "--delivery", "clear", "--json").json()
            assets[upload] = Asset(
                files: upload.sources(files), video: names.filter { $0.hasPrefix("video") },
                audio: names.filter { $0.hasPrefix("audio") },
                warnings: answer["warnings"] as? [String] ?? [], protected: published["locator"] as? String ?? "",
                clear: unprotected["locator"] as? String ?? "")
        }
        self.assets = assets
        server = try RunningServer(data)
        token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
