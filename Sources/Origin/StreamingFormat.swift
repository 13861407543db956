public import Policies

/// The formats of manifest URLs (`format=`). A format that is named here but not in `served` is refused with a reason.
public enum StreamingFormat: String, Sendable, Hashable, CaseIterable {
    /// HLS with MPEG-TS segments and alternate audio.
    case hlsTransportStream = "m3u8-aapl"
    /// HLS with CMAF segments.
    case hlsCMAF = "m3u8-cmaf"
    /// DASH with CMAF segments.
    case dashCMAF = "mpd-time-cmaf"
    case hlsTransportStreamMuxed = "m3u8-aapl-v3"
    case dashCSF = "mpd-time-csf"
    case smooth = "fmp4-v20"

    /// What this version serves.
    public static let served: [StreamingFormat] = [.hlsTransportStream, .hlsCMAF, .dashCMAF]

    public var streamingProtocol: StreamingProtocol {
        switch self {
        case .hlsTransportStream, .hlsCMAF, .hlsTransportStreamMuxed: .hls
        case .dashCMAF, .dashCSF: .dash
        case .smooth: .smooth
        }
    }

    /// The container of its segments.
    public var container: SegmentContainer {
        switch self {
        case .hlsTransportStream, .hlsTransportStreamMuxed: .transportStream
        case .hlsCMAF, .dashCMAF, .dashCSF, .smooth: .cmaf
        }
    }
}

/// What segments are packed in.
public enum SegmentContainer: String, Sendable, Hashable, CaseIterable {
    case cmaf
    case transportStream = "ts"

    /// The encryptions that it can carry here.
    public var capable: Set<DeliveryEncryption> {
        switch self {
        case .cmaf: [.none, .cenc, .cbcs]
        case .transportStream: [.none, .envelope]
        }
    }

    /// The extension of a segment's URL.
    public var fileExtension: String {
        self == .cmaf ? "m4s" : "ts"
    }

    /// The protocols whose players read such segments.
    public var protocols: [StreamingProtocol] {
        self == .cmaf ? [.hls, .dash] : [.hls]
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
