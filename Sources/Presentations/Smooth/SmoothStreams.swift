public import MediaModel

/// How the tracks of a presentation are named in Smooth Streaming: streams, which a player chooses among, and quality levels
/// within each, by bit rate. The names depend on all tracks and on nothing else, so a manifest that shows a part of them
/// names the same fragments.
public struct SmoothStreams: Sendable {
    /// The place of one track.
    public struct Place: Sendable, Hashable {
        /// The stream's name: `video`, or that of its first track.
        public var stream: String
        /// Bits per second; one or a few more than the track has where another level of the stream has as many.
        public var bitrate: Int

        public init(stream: String, bitrate: Int) {
            self.stream = stream
            self.bitrate = bitrate
        }
    }

    private let places: [String: Place]

    /// - Parameter tracks: all of a version, in order. Those whose codec has no form here get no place.
    public init(_ tracks: [TrackDescription]) {
        var streams: [(first: TrackDescription, name: String, bitrates: Set<Int>)] = []
        var places: [String: Place] = [:]
        for track in tracks where SmoothCodec(track.codec) != nil {
            var number = streams.firstIndex { Self.switches($0.first, track) }
            if number == nil {
                let wanted = track.kind == .video ? "video" : track.name
                let taken = streams.contains { $0.name == wanted }
                streams.append((track, taken ? wanted + "-" + track.name : wanted, []))
                number = streams.count - 1
            }
            guard let number else { continue }
            var bitrate = max(1, track.peakBitrate)
            while !streams[number].bitrates.insert(bitrate).inserted { bitrate += 1 }
            places[track.name] = Place(stream: streams[number].name, bitrate: bitrate)
        }
        self.places = places
    }

    /// Where a track lies; nil when its codec has no form in Smooth Streaming here.
    public func place(of track: String) -> Place? { places[track] }

    /// The track at a place.
    public func track(at place: Place) -> String? { places.first { $0.value == place }?.key }

    private static func switches(_ one: TrackDescription, _ other: TrackDescription) -> Bool {
        // Of text a player chooses one.
        one.kind == other.kind && one.kind != .text && one.language == other.language
            && one.audioRole == other.audioRole && one.codec.sampleEntry == other.codec.sampleEntry
            && one.audio == other.audio
    }
}

/// A codec as a client manifest names it ([MS-SSTR], 2.2.2.5).
enum SmoothCodec: Hashable {
    case h264
    case aac
    case ttml

    init?(_ codec: CodecConfiguration) {
        switch codec.sampleEntry {
        case "avc1": self = .h264
        case "mp4a" where ["mp4a.40.2", "mp4a.40.5", "mp4a.40.29"].contains(codec.codecString): self = .aac
        case "stpp": self = .ttml
        default: return nil
        }
    }
}
