public import MediaModel
public import Policies
import Presentations
import TransportStream

/// The formats of manifest URLs (`format=`). A format that is named here but not in `served` is refused with a reason.
public enum StreamingFormat: String, Sendable, Hashable, CaseIterable {
    /// HLS with MPEG-TS segments and alternate audio.
    case hlsTransportStream = "m3u8-aapl"
    /// HLS with CMAF segments.
    case hlsCMAF = "m3u8-cmaf"
    /// DASH with CMAF segments.
    case dashCMAF = "mpd-time-cmaf"
    /// HLS version 3: MPEG-TS with the sound in the segments of the pictures.
    case hlsTransportStreamMuxed = "m3u8-aapl-v3"
    /// DASH with the same segments, in the terms of the Common Streaming Format.
    case dashCSF = "mpd-time-csf"
    /// Smooth Streaming, version 2.2: what a URL means that names no format.
    case smooth
    /// Smooth Streaming with a manifest of version 2.0, for players that know no repeats.
    case smoothWithoutRepeats = "fmp4-v20"

    /// What this version serves.
    public static let served: [StreamingFormat] = [
        .hlsTransportStream, .hlsTransportStreamMuxed, .hlsCMAF, .dashCMAF, .dashCSF, .smooth, .smoothWithoutRepeats,
    ]

    /// The format of a word in a URL; nil when there is no such word, or no format is that.
    public init?(urlWord: String?) {
        guard let urlWord else {
            self = .smooth
            return
        }
        guard let format = StreamingFormat(rawValue: urlWord), format != .smooth else { return nil }
        self = format
    }

    /// The word for it in URLs; none for the reference's first format.
    public var urlWord: String? { self == .smooth ? nil : rawValue }

    public var streamingProtocol: StreamingProtocol {
        switch self {
        case .hlsTransportStream, .hlsCMAF, .hlsTransportStreamMuxed: .hls
        case .dashCMAF, .dashCSF: .dash
        case .smooth, .smoothWithoutRepeats: .smooth
        }
    }

    /// The container of its segments.
    public var container: SegmentContainer {
        switch self {
        case .hlsTransportStream: .transportStream
        case .hlsTransportStreamMuxed: .muxedTransportStream
        case .hlsCMAF, .dashCMAF, .dashCSF: .cmaf
        case .smooth, .smoothWithoutRepeats: .smooth
        }
    }
}

extension StreamingFormat {
    /// Whether what leaves under a delivery policy can have this format, as far as the policy alone says: not whether the codecs
    /// of an asset have a form in it.
    public func carries(_ policy: DeliveryPolicy) -> Bool {
        guard policy.protocols.contains(streamingProtocol), container.capable.contains(policy.encryption) else {
            return false
        }
        guard policy.encryption.keyType != nil else { return true }
        // All tracks are under one key or none is.
        let isOneForAll = policy.clearLabels.isEmpty && policy.keyLabels.count <= 1
        switch container {
        case .muxedTransportStream: return isOneForAll
        case .smooth: return isOneForAll && policy.times == .whole && policy.signalling.contains(.playready)
        default: return true
        }
    }
}

extension StreamingFormat {
    /// Whether tracks have a form in it: of each kind that there is, one at least. The others are left out.
    public func carries(_ tracks: [TrackDescription]) -> Bool {
        let media = tracks.filter(\.kind.isMedia)
        let isCarried: (TrackDescription) -> Bool
        switch container {
        case .transportStream, .muxedTransportStream: isCarried = { TransportStreamTrack.carries($0.codec) }
        case .smooth:
            let streams = SmoothStreams(tracks)
            isCarried = { streams.place(of: $0.name) != nil }
        default: return true
        }
        return Set(media.filter(isCarried).map(\.kind)) == Set(media.map(\.kind))
    }

    /// What a refusal says to ask for instead: parameters of URLs.
    static func choices(_ formats: [StreamingFormat]) -> [String] {
        formats.compactMap(\.urlWord).map { "format=\($0)" }
    }

    /// What has a form for every track.
    static let cmafChoices = choices(served.filter { $0.container == .cmaf })
}

/// What segments are packed in.
public enum SegmentContainer: String, Sendable, Hashable, CaseIterable {
    case cmaf
    case transportStream = "ts"
    /// A track of pictures and one of sound in one MPEG-TS.
    case muxedTransportStream = "ts-muxed"
    /// Fragments of Smooth Streaming.
    case smooth
    /// WebVTT for HLS, with times as MPEG-TS counts them.
    case webVTT = "vtt"
    /// The same, with times as CMAF counts them.
    case webVTTForCMAF = "vtt-cmaf"
    /// Sheets of thumbnails, which are files.
    case jpeg

    /// The encryptions that it can carry here; text and thumbnails stay clear under each of them.
    public var capable: Set<DeliveryEncryption> {
        switch self {
        case .webVTT: SegmentContainer.transportStream.capable
        case .cmaf, .webVTTForCMAF, .jpeg: [.none, .envelope, .cenc, .cbcs]
        case .transportStream: [.none, .envelope, .cbcs]
        case .muxedTransportStream: [.none, .envelope]
        case .smooth: [.none, .cenc]
        }
    }

    /// The extension of a segment's URL.
    public var fileExtension: String {
        switch self {
        case .cmaf, .smooth: "m4s"
        case .transportStream, .muxedTransportStream: "ts"
        case .webVTT, .webVTTForCMAF: "vtt"
        case .jpeg: "jpg"
        }
    }

    /// The protocols whose players read such segments.
    public var protocols: [StreamingProtocol] {
        switch self {
        case .cmaf: [.hls, .dash]
        case .transportStream, .muxedTransportStream, .webVTT, .webVTTForCMAF: [.hls]
        case .smooth: [.smooth]
        // Players of every protocol may come by them through WebVTT.
        case .jpeg: StreamingProtocol.allCases
        }
    }
}

extension DeliveryEncryption {
    /// The word for it in URLs: the reference's values of `encryption=`, and `clear`.
    public var urlWord: String {
        switch self {
        case .none: "clear"
        case .envelope: "cbc"
        case .cenc: "cenc"
        case .cbcs: "cbcs-aapl"
        case .blocked: "blocked"
        }
    }

    /// The encryption of a word in a URL; nil for anything else.
    public init?(urlWord: some StringProtocol) {
        switch urlWord {
        case "clear": self = .none
        case "cbc": self = .envelope
        case "cenc": self = .cenc
        case "cbcs-aapl": self = .cbcs
        default: return nil
        }
    }
}
