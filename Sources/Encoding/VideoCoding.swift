import CFFmpeg
import EncoderProtocol

/// How a rendition's encoder is set: one `switch` over codecs.
struct VideoCoding {
    let planned: PlannedVideo
    let recipe: VideoRecipe
    let frameRate: Rational
    let threads: Int
    let isTenBit: Bool
    /// Threads of one AV1 encoder: each holds pictures for every thread, so a ladder shares the processors.
    var av1Threads = 1
    /// The same pictures give the same bytes in every run: one thread. With several, rate control looks at how far other
    /// threads have come with their pictures: plain x264 with a highest bit rate differs from run to run.
    var isRepeatable = false

    /// In frames. Counted, not timed: every codec starts a closed group at the very same frames.
    var groupSize: Int { Self.groupSize(frameRate, recipe.keyFrameInterval) }

    static func groupSize(_ frameRate: Rational, _ seconds: Double) -> Int {
        max(1, Int((frameRate.value * seconds).rounded()))
    }

    /// - Parameter first: the first picture of the film, which says what light it was mastered for.
    func encoder(like first: UnsafeMutablePointer<AVFrame>) throws -> Encoder {
        let frame = first
        return try Encoder(codec: name, options: options(frame)) { context in
            context.pointee.width = frame.pointee.width
            context.pointee.height = frame.pointee.height
            context.pointee.pix_fmt = AVPixelFormat(rawValue: frame.pointee.format)
            context.pointee.color_primaries = frame.pointee.color_primaries
            context.pointee.color_trc = frame.pointee.color_trc
            context.pointee.colorspace = frame.pointee.colorspace
            context.pointee.color_range = AVCOL_RANGE_MPEG
            context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
            context.pointee.time_base = AVRational(
                num: Int32(clamping: frameRate.denominator), den: Int32(clamping: frameRate.numerator))
            context.pointee.framerate = AVRational(
                num: Int32(clamping: frameRate.numerator), den: Int32(clamping: frameRate.denominator))
            context.pointee.gop_size = Int32(clamping: groupSize)
            if planned.constantRateFactor == nil { context.pointee.bit_rate = Int64(planned.bitrate) }
            // SVT-AV1 keeps to its average by itself, and takes no highest rate beside it.
            if planned.codec != .av1 || planned.constantRateFactor != nil {
                context.pointee.rc_max_rate = Int64(planned.maximumBitrate)
                context.pointee.rc_buffer_size = Int32(
                    clamping: Int(Double(planned.maximumBitrate) * recipe.bufferWindow))
            }
            context.pointee.max_b_frames = 3
            context.pointee.refs = 3
            context.pointee.thread_count = isRepeatable ? 1 : Int32(threads)
        }
    }

    private var name: String {
        switch planned.codec {
        case .h264: "libx264"
        case .hevc: "libx265"
        case .av1: "libsvtav1"
        }
    }

    private func options(_ frame: UnsafeMutablePointer<AVFrame>) -> [(String, String)] {
        let quality = planned.constantRateFactor.map { [("crf", "\($0)")] } ?? []
        switch planned.codec {
        case .h264:
            // Key frames come only where they are asked for; `forced-idr` makes them start closed groups.
            return [
                ("preset", speed("veryfast", "medium", "slow")), ("profile", planned.profile ?? "high"),
                ("forced-idr", "1"),
                ("x264-params", "keyint=infinite:min-keyint=1:scenecut=0:open-gop=0:b-adapt=1:nal-hrd=none:aud=0"),
            ] + quality
        case .hevc:
            return [
                ("preset", speed("superfast", "fast", "slow")),
                ("profile", planned.profile ?? (isTenBit ? "main10" : "main")), ("forced-idr", "1"),
                ("x265-params", hevcParameters(frame)),
            ] + quality
        case .av1:
            return [("preset", speed("10", "8", "5"))]
                + (planned.constantRateFactor.map { [("crf", "\(Int($0.rounded()))")] } ?? [])
                + [("svtav1-params", av1Parameters(frame))]
        }
    }

    private func speed(_ speed: String, _ balanced: String, _ quality: String) -> String {
        switch recipe.complexity {
        case .speed: speed
        case .balanced: balanced
        case .quality: quality
        }
    }

    private func av1Parameters(_ frame: UnsafeMutablePointer<AVFrame>) -> String {
        let light = frame.pointee.color_trc == AVCOL_TRC_SMPTE2084 ? MasteringLight(frame)?.av1 : nil
        return (["lp=\(isRepeatable ? 1 : av1Threads)"] + (light ?? [])).joined(separator: ":")
    }

    private func hevcParameters(_ frame: UnsafeMutablePointer<AVFrame>) -> String {
        var parameters = [
            "keyint=\(groupSize)", "min-keyint=\(groupSize)", "scenecut=0", "open-gop=0", "log-level=error", "info=0",
            "repeat-headers=0",
        ]
        if isRepeatable {
            parameters += ["pools=none", "frame-threads=1"]
        } else if threads > 0 {
            parameters.append("pools=\(threads)")
        }
        if frame.pointee.color_trc == AVCOL_TRC_SMPTE2084 {
            parameters += ["hdr10=1", "hdr10-opt=1"]
            if let light = MasteringLight(frame) { parameters += light.hevc }
        }
        return parameters.joined(separator: ":")
    }
}

/// What an HDR10 source says of the screen that it was mastered on (SMPTE ST 2086) and of its light (CTA-861.3).
struct MasteringLight {
    /// As x265 wants them.
    private(set) var hevc: [String] = []
    /// As SVT-AV1 wants them: coordinates from 0 to 1, luminance in candela a square metre.
    private(set) var av1: [String] = []

    /// Nil when the frame says nothing.
    init?(_ frame: UnsafeMutablePointer<AVFrame>) {
        if let data = av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA)?.pointee,
            data.size >= MemoryLayout<AVMasteringDisplayMetadata>.size, let bytes = data.data
        {
            take(UnsafeRawPointer(bytes).loadUnaligned(as: AVMasteringDisplayMetadata.self))
        }
        if let data = av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL)?.pointee,
            data.size >= MemoryLayout<AVContentLightMetadata>.size, let bytes = data.data
        {
            let light = UnsafeRawPointer(bytes).loadUnaligned(as: AVContentLightMetadata.self)
            let levels = "\(min(light.MaxCLL, 65_535)),\(min(light.MaxFALL, 65_535))"
            hevc.append("max-cll=\(levels)")
            av1.append("content-light=\(levels)")
        }
        guard !hevc.isEmpty else { return nil }
    }

    private mutating func take(_ display: AVMasteringDisplayMetadata) {
        guard display.has_primaries != 0, display.has_luminance != 0 else { return }
        let (red, green, blue) = display.display_primaries
        let points = [("G", green), ("B", blue), ("R", red), ("WP", display.white_point)]
        let light = (display.max_luminance, display.min_luminance)
        hevc.append(
            "master-display="
                + points.map { "\($0)(\(Self.units($1.0, 50_000)),\(Self.units($1.1, 50_000)))" }.joined()
                + "L(\(Self.units(light.0, 10_000)),\(Self.units(light.1, 10_000)))")
        av1.append(
            "mastering-display="
                + points.map { "\($0)(\(Self.value($1.0, atMost: 1)),\(Self.value($1.1, atMost: 1)))" }.joined()
                + "L(\(Self.value(light.0, atMost: 10_000)),\(Self.value(light.1, atMost: 10_000)))")
    }

    private static func units(_ value: AVRational, _ scale: Double) -> UInt32 {
        guard value.den != 0 else { return 0 }
        return UInt32(exactly: (max(0, min(av_q2d(value) * scale, 4e9))).rounded()) ?? 0
    }

    /// Without an exponent, which SVT-AV1 does not read.
    private static func value(_ value: AVRational, atMost most: Double) -> String {
        guard value.den != 0 else { return "0" }
        let millionths = Int((max(0, min(av_q2d(value), most)) * 1_000_000).rounded())
        let digits = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
    }
}
