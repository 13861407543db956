import Foundation
import Testing

@testable import MediaEncryption

/// A codec with what makes it hard, as ffmpeg's encoders write it.
enum CodecClip: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case hevc
    case hevcMain10Sliced
    case hevcTiled
    case hevcInBand

    var testDescription: String { rawValue }

    var codecString: String {
        switch self {
        case .hevc: "hvc1.1.6.L60.90"
        case .hevcMain10Sliced: "hvc1.2.4.L60.90"
        case .hevcTiled: "hvc1.1.6.L60.90"
        case .hevcInBand: "hev1.1.6.L60.90"
        }
    }

    private static let small = "-map 0:v -vf scale=320:180 -t 3 -g 25"

    private var arguments: String {
        let x265 = "\(Self.small) -c:v libx265 -preset ultrafast -x265-params log-level=none"
        switch self {
        case .hevc: return x265 + ":bframes=3:b-pyramid=1:weightp=1:weightb=1 -tag:v hvc1"
        case .hevcMain10Sliced:
            return x265 + ":slices=3:ref=4:hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
                + "WP(15635,16450)L(10000000,500):max-cll=1000,400:colorprim=bt2020:transfer=smpte2084"
                + ":colormatrix=bt2020nc -pix_fmt yuv420p10le -tag:v hvc1"
        case .hevcTiled: return x265 + ":wpp=1:bframes=4:open-gop=1:weightp=1 -tag:v hvc1"
        case .hevcInBand: return x265 + ":repeat-headers=1 -tag:v hev1"
        }
    }

    var decryptsWithPackager: Bool { true }

    func decryptsWithFFmpeg(_ scheme: ProtectionScheme) -> Bool { true }

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
