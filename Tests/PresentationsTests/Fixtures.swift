import ContentKeys
import Foundation
import MediaModel

@testable import Presentations

/// Presentations as the origin would describe them.
enum Fixtures {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let transportStream = TrackAddresses(
        playlist: "{track}/index.m3u8", initialization: nil, media: "{time}.ts")
    /// With key frames in I-frame playlists.
    static func scrubbed(_ addresses: TrackAddresses) -> Presentation {
        var addresses = addresses
        addresses.keyFramePlaylist = "{track}/iframes.m3u8"
        var film = film(addresses)
        for number in film.tracks.indices where film.tracks[number].description.kind == .video {
            let track = film.tracks[number]
            film.tracks[number].keyFrames = track.segments.indices.map {
                PresentedKeyFrame(
                    segment: $0, presentationTime: Int64(track.segments[$0].start) + 1024,
                    bytes: 376..<(376 + 188 * (100 + $0 * track.description.peakBitrate / 100_000)))
            }
        }
        return film
    }

    /// With a decoder configuration that can be read: one sequence and one picture parameter set.
    static func smoothFilm() -> Presentation {
        var film = film()
        for number in film.tracks.indices where film.tracks[number].description.kind == .video {
            film.tracks[number].description.codec.decoderSpecific =
                [1, 0x42, 0, 0x1E, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0, 0x1E, 1, 0, 2, 0x68, 0xCE]
        }
        return film
    }

    static let fragmented = TrackAddresses(
        playlist: "{track}.m3u8", initialization: "{track}/init.mp4", media: "{track}/{time}.m4s")

    static func video(_ height: Int, addresses: TrackAddresses = fragmented) -> PresentedTrack {
        var description = TrackDescription(
            name: "video-\(height)", kind: .video,
            codec: CodecConfiguration(
                sampleEntry: "avc1", decoderSpecific: [1], codecString: height > 500 ? "avc1.64001f" : "avc1.64001e"),
            timescale: 12_800, averageBitrate: height * 2000, peakBitrate: height * 3000)
        description.video = VideoFormat(
            width: height * 16 / 9, height: height, frameRateNumerator: 25, frameRateDenominator: 1)
        return PresentedTrack(
            description: description, segments: segments(25_600, 5, last: 12_800), addresses: addresses)
    }

    static func audio(_ language: String, _ name: String, addresses: TrackAddresses = fragmented) -> PresentedTrack {
        var description = TrackDescription(
            name: name, kind: .audio,
            codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [0x11, 0x90], codecString: "mp4a.40.2"),
            timescale: 48_000, language: language, averageBitrate: 128_000, peakBitrate: 131_072)
        description.audio = AudioFormat(sampleRate: 48_000, channelCount: 2)
        return PresentedTrack(
            description: description, segments: segments(96_256, 5, last: 46_080), addresses: addresses)
    }

    static func segments(_ duration: UInt64, _ count: UInt64, last: UInt64) -> [PresentedSegment] {
        (0..<count).map { PresentedSegment(start: $0 * duration, duration: duration) }
            + [PresentedSegment(start: count * duration, duration: last)]
    }

    /// Two renditions, two languages.
    static func film(_ addresses: TrackAddresses = fragmented) -> Presentation {
        var english = audio("en", "audio-en", addresses: addresses)
        english.isDefault = true
        english.label = "English"
        return Presentation(
            name: "A film",
            tracks: [
                video(360, addresses: addresses), video(720, addresses: addresses), english,
                audio("de", "audio-de", addresses: addresses),
            ])
    }

    static func keyID(_ number: Int) -> KeyID {
        KeyID("0123456789abcdef0123456789abcd\(10 + number)") ?? KeyID.random()
    }

    static func envelope(_ track: PresentedTrack) -> TrackProtection {
        .envelope(
            EnvelopeProtection(
                keyID: keyID(0), keyURL: "https://keys.example/keys/aes?kid=\(keyID(0))",
                vectors: track.segments.indices.map { Array(repeating: UInt8($0), count: 16) }))
    }

    static func common(_ scheme: CommonProtection.Scheme, key: Int = 0) -> TrackProtection {
        .common(
            CommonProtection(
                scheme: scheme, keyID: keyID(key), keyURL: "https://keys.example/keys/aes?kid=\(keyID(key))",
                systems: [
                    ProtectionSystemSignal(system: .clearKey, licenceURL: "https://keys.example/keys/clearkey?a=1&b=2"),
                    ProtectionSystemSignal(
                        system: .common, pssh: "AAAANHBzc2gBAAAAEHfvwLJNAqzjPB5S4vtLAAAAAQEjRWeJq83vASNFZ4mrzRAAAAAA"),
                ]))
    }

    static func protected(
        _ presentation: Presentation, _ protection: (Int, PresentedTrack) -> TrackProtection
    ) -> Presentation {
        var result = presentation
        for number in result.tracks.indices {
            result.tracks[number].protection = protection(number, result.tracks[number])
        }
        return result
    }
}
