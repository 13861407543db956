public import Policies

/// What a URL of the origin asks for. `OriginPath` is the only place that turns URLs into requests and back.
public enum OriginRequest: Sendable, Hashable {
    /// `/{locator}/{name}.ism/manifest(format=F,encryption=E,filter=A;B)`; the filters' names in order, each once.
    case manifest(
        PresentationReference, format: StreamingFormat, encryption: DeliveryEncryption?, filters: [String] = [])
    /// `/{locator}/{name}.ism/v{version}/{encryption}/{container}/{track}/media.m3u8`.
    case mediaPlaylist(TrackReference)
    /// `…/iframes.m3u8`: the key frames of a video track.
    case keyFramePlaylist(TrackReference)
    /// `…/init.mp4`; CMAF only.
    case initializationSegment(TrackReference)
    /// `…/{decodeTime}.m4s` or `.ts`.
    case segment(TrackReference, decodeTime: UInt64)
    /// `…/ts/{track}/iframe-{decodeTime}.ts`: one key frame under SAMPLE-AES, whose place in its segment is not known before.
    case keyFrame(TrackReference, decodeTime: UInt64)

    /// `…/v{version}/{encryption}/smooth/QualityLevels({bit rate})/Fragments({stream}={time})`.
    case smoothFragment(SmoothReference, time: UInt64)

    /// `/{locator}/{name}.mp4`, or `/{locator}/{name}({track}+{track}).mp4`: a whole file.
    case progressive(PresentationReference, tracks: [String])

    /// `…/v{version}/{encryption}/jpeg/{track}/{number}.jpg`: a sheet of thumbnails; numbers count from 1.
    case sheet(TrackReference, number: Int)
    /// `/{locator}/{name}.ism/thumbnails.vtt`, or `thumbnails(filter=A;B).vtt`: where each thumbnail is.
    case thumbnailTrack(PresentationReference, filters: [String])
    /// `/{locator}/{name}.ism/poster.jpg`.
    case poster(PresentationReference)

    public var presentation: PresentationReference {
        switch self {
        case .progressive(let presentation, _), .thumbnailTrack(let presentation, _), .poster(let presentation):
            presentation
        case .manifest(let presentation, _, _, _): presentation
        case .mediaPlaylist(let track), .keyFramePlaylist(let track), .initializationSegment(let track),
            .segment(let track, _), .keyFrame(let track, _), .sheet(let track, _):
            track.presentation
        case .smoothFragment(let reference, _): reference.presentation
        }
    }
}

/// A locator, and the asset name that must be its own.
public struct PresentationReference: Sendable, Hashable {
    public var locator: LocatorID
    public var name: String

    public init(locator: LocatorID, name: String) {
        self.locator = locator
        self.name = name
    }
}

/// One quality level of one stream of Smooth Streaming: what URLs of its fragments name.
public struct SmoothReference: Sendable, Hashable {
    public var presentation: PresentationReference
    public var version: Int
    public var encryption: DeliveryEncryption
    public var stream: String
    public var bitrate: Int

    public init(
        presentation: PresentationReference, version: Int, encryption: DeliveryEncryption, stream: String, bitrate: Int
    ) {
        self.presentation = presentation
        self.version = version
        self.encryption = encryption
        self.stream = stream
        self.bitrate = bitrate
    }
}

/// One track of one asset version, in one encryption and container: what child URLs name.
public struct TrackReference: Sendable, Hashable {
    public var presentation: PresentationReference
    public var version: Int
    public var encryption: DeliveryEncryption
    /// What of the track is encrypted: part of the URL, since the bytes depend on it.
    public var times: ProtectionTimes
    public var container: SegmentContainer
    public var track: String
    /// The track of sound in a muxed container; nil in every other.
    public var sound: String?
    /// What a playlist is shown through: names in order, each once. Segments have none.
    public var filters: [String]

    public init(
        presentation: PresentationReference, version: Int, encryption: DeliveryEncryption,
        times: ProtectionTimes = .whole, container: SegmentContainer, track: String, sound: String? = nil,
        filters: [String] = []
    ) {
        self.presentation = presentation
        self.version = version
        self.encryption = encryption
        self.times = times
        self.container = container
        self.track = track
        self.sound = sound
        self.filters = filters
    }
}
