import Foundation

/// A player of others, a format and a scheme, and what is known of the three together.
struct PlayerCell: Hashable, Sendable, CustomStringConvertible {
    enum Player: String, CaseIterable, Sendable {
        case ffmpeg
        case mpv
        case ytdlp = "yt-dlp"
        case streamlink
        case gstreamer = "GStreamer"
        case chromium = "Chromium"

        /// How the token of a viewer is shown.
        var token: String {
            switch self {
            case .ffmpeg: "`-headers`; in DASH under `cenc` and `cbcs` the key by `-cenc_decryption_key`"
            case .mpv:
                "`--http-header-fields`; under `cenc` and `cbcs` the key by `--demuxer-lavf-o=cenc_decryption_key=`"
            case .ytdlp: "`--add-headers`"
            case .streamlink: "`--http-header`"
            case .gstreamer: "with the manifest, `?token=` (`souphttpsrc ! parsebin`)"
            case .chromium: "with the manifest, `?token=` (`<video src>`, no script)"
            }
        }

        /// The arguments that make it, or what stands for it, say its version.
        var version: [String] {
            switch self {
            case .ffmpeg: ["ffmpeg", "-version"]
            case .mpv: ["mpv", "--version"]
            case .ytdlp: ["yt-dlp", "--version"]
            case .streamlink: ["streamlink", "--version"]
            case .gstreamer: ["gst-launch-1.0", "--version"]
            case .chromium: ["chromium", "--version"]
            }
        }
    }

    /// Why nothing plays, or not all, in the order of the letters that stand for them in the table.
    enum Reason: Character, CaseIterable, Sendable {
        case noSmooth = "a"
        case noDASH = "b"
        case noSegmentEncryption = "c"
        case encryptedHeader = "d"
        case noKeySystem = "e"
        case noSampleEncryption = "f"
        case readAhead = "g"
        case lostPicture = "h"
        case cannotParse = "i"

        var words: String {
            switch self {
            case .noSmooth: "It reads no Smooth Streaming."
            case .noDASH:
                "It reads DASH by scripts only; the demo's page has one ([players cookbook](players-cookbook.md))."
            case .noSegmentEncryption:
                "It knows nothing of whole encrypted segments in DASH (ISO/IEC 23009-4, `urn:mpeg:dash:sea:2012`), "
                    + "or takes it for what it may not open."
            case .encryptedHeader:
                "It wants the init segment encrypted, too, though no `EXT-X-KEY` stands before `EXT-X-MAP`."
            case .noKeySystem: "It has no protection system for it, and is given no key."
            case .noSampleEncryption: "It does not know this method of HLS."
            case .readAhead:
                "ffmpeg's HLS decrypts what it has read ahead with the key that stands at the end of the playlist, if any: "
                    + "the last pictures stay encrypted."
            case .lostPicture:
                "All but one picture: ffmpeg's DASH loses the one before the last when it reads pictures and sound at once."
            case .cannotParse: "It says that it cannot parse the segments, which others play."
            }
        }

        /// What players say then; one of these is enough, and some say nothing.
        var said: [String] {
            switch self {
            case .noSmooth: ["Invalid data found", "Failed to recognize", "Stream ended", "open context failed"]
            case .noDASH: ["open context failed"]
            case .encryptedHeader: ["Could not determine type of stream"]
            case .noKeySystem: ["DRM protected", "protected by DRM", "streaming stopped", "Invalid manifest"]
            case .cannotParse: ["COULD_NOT_PARSE"]
            case .noSegmentEncryption, .noSampleEncryption, .readAhead, .lostPicture: []
            }
        }
    }

    enum Outcome: Hashable, Sendable {
        case plays
        /// Not all of it, or nothing.
        case limited(Reason)
        case fails(String)

        var mark: String {
            switch self {
            case .plays: "✓"
            case .limited(let reason): String(reason.rawValue)
            case .fails: "✗"
            }
        }
    }

    typealias Format = Combination.Format
    typealias Scheme = Combination.Scheme

    var player: Player
    var format: Format
    var scheme: Scheme

    var description: String { "\(player.rawValue) × \(format.rawValue) × \(scheme.rawValue)" }

    /// What the origin serves of the film, each once.
    static let served: [(format: Format, scheme: Scheme)] = Scheme.allCases.flatMap { scheme in
        Format.allCases.filter {
            Combination(input: .progressive, format: $0, scheme: scheme).expected == .plays
        }.map { ($0, scheme) }
    }

    static let all = Player.allCases.flatMap { player in
        served.map { PlayerCell(player: player, format: $0.format, scheme: $0.scheme) }
    }

    /// Each player once where it plays, and some where it does not.
    static let sample = [
        PlayerCell(player: .ffmpeg, format: .transportStream, scheme: .cbc),
        PlayerCell(player: .mpv, format: .hlsCMAF, scheme: .cenc),
        PlayerCell(player: .ytdlp, format: .smooth, scheme: .none),
        PlayerCell(player: .ytdlp, format: .dashCMAF, scheme: .cenc),
        PlayerCell(player: .streamlink, format: .hlsCMAF, scheme: .cbc),
        PlayerCell(player: .gstreamer, format: .muxed, scheme: .cbc),
        PlayerCell(player: .chromium, format: .transportStream, scheme: .cbc),
        PlayerCell(player: .chromium, format: .dashCSF, scheme: .none),
    ]

    private var isDASH: Bool { format == .dashCMAF || format == .dashCSF }

    /// What must come of it.
    var expected: Outcome {
        switch player {
        case .ffmpeg, .mpv: expectedOfFFmpeg
        case .ytdlp, .streamlink: expectedOfDownloaders
        case .gstreamer: expectedOfGStreamer
        case .chromium: expectedOfChromium
        }
    }

    private var expectedOfFFmpeg: Outcome {
        if format == .smooth { return .limited(.noSmooth) }
        if isDASH { return .limited(scheme == .cbc ? .noSegmentEncryption : .lostPicture) }
        if scheme == .cbcs, format.isTransportStream { return .limited(.readAhead) }
        return .plays
    }

    private var expectedOfDownloaders: Outcome {
        if format == .smooth, player == .streamlink { return .limited(.noSmooth) }
        if isDASH, scheme == .cbc { return .limited(.noSegmentEncryption) }
        switch scheme {
        case .none, .cbc: return .plays
        case .piff: return .limited(.noKeySystem)
        case .cenc, .cbcs: break
        }
        if isDASH { return .limited(.noKeySystem) }
        // yt-dlp leaves SAMPLE-AES to ffmpeg.
        guard player == .ytdlp, scheme == .cbcs else { return .limited(.noSampleEncryption) }
        return format.isTransportStream ? .limited(.readAhead) : .plays
    }

    private var expectedOfGStreamer: Outcome {
        switch scheme {
        case .none: .plays
        case .cbc: isDASH ? .limited(.noSegmentEncryption) : format == .hlsCMAF ? .limited(.encryptedHeader) : .plays
        case .cenc, .cbcs: isDASH ? .limited(.noKeySystem) : .limited(.noSampleEncryption)
        case .piff: .limited(.noKeySystem)
        }
    }

    private var expectedOfChromium: Outcome {
        if format == .smooth { return .limited(.noSmooth) }
        if isDASH { return .limited(.noDASH) }
        if scheme == .cbc, format == .hlsCMAF { return .limited(.cannotParse) }
        return [.none, .cbc].contains(scheme) ? .plays : .limited(.noSampleEncryption)
    }
}
