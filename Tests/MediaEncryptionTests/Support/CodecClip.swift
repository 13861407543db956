import Foundation
import Testing

@testable import MediaEncryption

/// A codec with what makes it hard, as ffmpeg's encoders write it.
enum CodecClip: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case avcInBand
    case hevc
    case hevcMain10Sliced
    case hevcTiled
    case hevcInBand
    case hevcRangeExtensions
    case av1
    case av1Tiled
    case av1SVT
    case av1Grain
    case av1Screen
    case av1SuperResolution
    case av1Lossless
    case vp9
    case vp9AltRef
    case vp9Profile2
    case vp9Profile1
    case aacSurround
    case ac3
    case eac3
    case opus
    case opusSurround
    case flac
    case flacDeep

    var testDescription: String { rawValue }

    /// Debian's Chromium has no decoder of HEVC, AC-3 and E-AC-3.
    var isForChromium: Bool {
        // Nor does its ClearKey take 4:4:4 of VP9.
        guard self != .vp9Profile1 else { return false }
        let format = codecString.prefix(4)
        return ["avc3", "av01", "vp09", "mp4a", "opus", "fLaC"].contains(format)
    }

    var isVideo: Bool { arguments.hasPrefix("-map 0:v") }

    var codecString: String {
        switch self {
        case .avcInBand: "avc3.64000c"
        case .hevc: "hvc1.1.6.L60.90"
        case .hevcMain10Sliced: "hvc1.2.4.L60.90"
        case .hevcTiled: "hvc1.1.6.L60.90"
        case .hevcInBand: "hev1.1.6.L60.90"
        case .hevcRangeExtensions: "hvc1.4.10.L60.9D.8"
        case .av1: "av01.0.00M.08"
        case .av1SVT, .av1SuperResolution: "av01.0.00M.08.0.111.01.01.01.0"
        case .av1Tiled: "av01.0.01M.10.0.110.09.16.09.0"
        case .av1Grain, .av1Screen: "av01.0.00M.08"
        case .av1Lossless: "av01.1.00M.08.0.000.01.01.01.0"
        case .vp9, .vp9AltRef: "vp09.00.11.08.00.02.02.02.00"
        case .vp9Profile1: "vp09.01.10.08.03.02.02.02.00"
        case .vp9Profile2: "vp09.02.11.10.00.09.18.09.00"
        case .aacSurround: "mp4a.40.2"
        case .ac3: "ac-3"
        case .eac3: "ec-3"
        case .opus, .opusSurround: "opus"
        case .flac, .flacDeep: "fLaC"
        }
    }

    /// Where Shaka Packager writes another string for the same thing.
    var packagerString: String? {
        switch self {
        case .av1SVT, .av1SuperResolution: "av01.0.00M.08"
        case .av1Lossless: "av01.1.00M.08"
        default: nil
        }
    }

    private static let small = "-map 0:v -vf scale=320:180 -t 3 -g 25"

    private static let sound = "-map 0:a -t 3 -frag_duration 1000000"

    private var arguments: String {
        let x265 = "\(Self.small) -c:v libx265 -preset ultrafast -x265-params log-level=none"
        switch self {
        case .avcInBand:
            return "\(Self.small) -c:v libx264 -preset veryfast -bf 2 -x264-params repeat-headers=1 -tag:v avc3"
        case .hevc: return x265 + ":bframes=3:b-pyramid=1:weightp=1:weightb=1 -tag:v hvc1"
        case .hevcMain10Sliced:
            return x265 + ":slices=3:ref=4:hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
                + "WP(15635,16450)L(10000000,500):max-cll=1000,400:colorprim=bt2020:transfer=smpte2084"
                + ":colormatrix=bt2020nc -pix_fmt yuv420p10le -tag:v hvc1"
        case .hevcTiled: return x265 + ":wpp=1:bframes=4:open-gop=1:weightp=1 -tag:v hvc1"
        case .hevcInBand: return x265 + ":repeat-headers=1 -tag:v hev1"
        case .hevcRangeExtensions:
            return x265 + ":weightp=1:weightb=1:bframes=2:cbqpoffs=2 -pix_fmt yuv422p10le -tag:v hvc1"
        case .av1: return "\(Self.small) -c:v libaom-av1 -cpu-used 8 -b:v 200k"
        case .av1Tiled:
            return "-map 0:v -vf scale=640:360 -t 1 -g 12 -c:v libaom-av1 -cpu-used 8 -b:v 400k -tiles 2x2"
                + " -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc"
        case .av1SVT: return "\(Self.small) -c:v libsvtav1 -preset 10 -svtav1-params film-grain=8"
        case .av1Grain:
            return "\(Self.small) -c:v libaom-av1 -cpu-used 8 -b:v 200k -denoise-noise-level 20 -error-resilience 1"
        case .av1Screen:
            return
                "\(Self.small) -c:v libaom-av1 -cpu-used 8 -b:v 200k -aom-params tune-content=screen:enable-palette=1"
        case .av1SuperResolution:
            return "\(Self.small) -c:v libsvtav1 -preset 8 -svtav1-params superres-mode=1:superres-denom=12"
        case .av1Lossless:
            return "-map 0:v -vf scale=160:90 -t 1 -g 12 -c:v libaom-av1 -cpu-used 8 -pix_fmt yuv444p"
                + " -aom-params lossless=1:error-resilient=1"
        case .vp9Profile1:
            return "-map 0:v -vf scale=160:90 -t 1 -g 12 -c:v libvpx-vp9 -cpu-used 8 -lossless 1 -pix_fmt yuv444p"
        case .vp9: return "\(Self.small) -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 150k"
        case .vp9AltRef:
            return
                "\(Self.small) -c:v libvpx-vp9 -deadline good -cpu-used 5 -b:v 150k -auto-alt-ref 1 -lag-in-frames 16"
                + " -tile-columns 2 -aq-mode 1"
        case .vp9Profile2:
            return "\(Self.small) -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 150k -pix_fmt yuv420p10le"
                + " -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc"
        case .aacSurround: return "\(Self.sound) -ac 6 -c:a aac -b:a 256k"
        case .ac3: return "\(Self.sound) -ac 6 -c:a ac3 -b:a 384k"
        case .eac3: return "\(Self.sound) -ac 6 -c:a eac3 -b:a 256k"
        case .opus: return "\(Self.sound) -ac 2 -c:a libopus -b:a 96k"
        case .opusSurround: return "\(Self.sound) -ac 6 -c:a libopus -mapping_family 1 -b:a 256k"
        case .flac: return "\(Self.sound) -ac 2 -c:a flac -sample_fmt s16"
        case .flacDeep: return "\(Self.sound) -ac 6 -ar 96000 -c:a flac -sample_fmt s32"
        }
    }

    func clip() throws -> Clip {
        try Self.made.clip(self) { try Clip(encoding: arguments) }
    }

    private static let made = Made()
}

/// Each clip is made once.
private final class Made: @unchecked Sendable {
    private let lock = NSLock()
    private var clips: [CodecClip: Clip] = [:]

    func clip(_ codec: CodecClip, make: () throws -> Clip) throws -> Clip {
        try lock.withLock {
            if let clip = clips[codec] { return clip }
            let clip = try make()
            clips[codec] = clip
            return clip
        }
    }
}
