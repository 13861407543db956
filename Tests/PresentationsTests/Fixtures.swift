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

    /// A base of HEVC in SDR and in Dolby Vision over HDR10, AV1 in HLG; AAC, E-AC-3 in 5.1 and with objects.
    static func manyCodecs() -> Presentation {
        var tracks = [video(360), video(720), video(1080), audio("en", "aac"), audio("en", "ec3"), audio("en", "joc")]
        let codes: [(FourCC, String, UInt16)] = [
            ("hvc1", "hvc1.1.6.L93.B0", 1), ("hvc1", "hvc1.2.4.L120.B0", 16),
            ("av01", "av01.0.08M.10.0.110.09.18.09.0", 18),
        ]
        for (number, (entry, text, transfer)) in codes.enumerated() {
            tracks[number].description.codec = CodecConfiguration(
                sampleEntry: entry, decoderSpecific: [1], codecString: text)
            tracks[number].description.video?.colour =
                transfer == 1
                ? VideoColour(primaries: 1, transfer: 1, matrix: 1, isFullRange: false)
                : VideoColour(primaries: 9, transfer: transfer, matrix: 9, isFullRange: false)
        }
        tracks[1].description.codec.supplemental = SupplementalCodec(codecString: "dvh1.08.06", brand: "db1p")
        tracks[2].description.video?.pixelShape = PixelShape(horizontal: 8, vertical: 6)
        for number in 4...5 {
            tracks[number].description.codec = CodecConfiguration(
                sampleEntry: "ec-3", decoderSpecific: [1], codecString: "ec-3")
            tracks[number].description.audio = AudioFormat(
                sampleRate: 48_000, channelCount: 6, channelConfiguration: 6, dolbyChannels: 0xF801,
                objectComplexity: number == 5 ? 16 : nil)
        }
        return Presentation(name: "Codecs", tracks: tracks)
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
