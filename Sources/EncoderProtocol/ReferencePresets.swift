extension EncodingPreset {
    /// The presets that are there without a document: those of Azure Media Services (reference, 7.1), under both their
    /// spellings, and ours. Letter case and spaces in a name do not matter.
    public static func named(_ name: String) -> EncodingPreset? {
        let wanted = spelled(name)
        return reference.first { spelled($0.name) == wanted } ?? (wanted == "adaptive" ? reference.first : nil)
    }

    private static func spelled(_ name: String) -> String { name.lowercased().filter { $0 != " " } }

    /// In the order that people are shown; the first is the usual one.
    public static let reference: [EncodingPreset] = [
        EncodingPreset(name: "AdaptiveStreaming", video: VideoRecipe(ladder: .adaptive), audio: stereo),
        EncodingPreset(name: "ContentAwareEncoding", video: VideoRecipe(ladder: .contentAware), audio: stereo),
        multiple("H264 Multiple Bitrate 1080p", [(1920, 1080, 6000), (1920, 1080, 4700)] + from720),
        multiple("H264 Multiple Bitrate 720p", from720),
        // The reference has five, of 1900 to 400 kbit/s from 480 to 240 lines; the three between are ours.
        multiple(
            "H264 Multiple Bitrate SD",
            [(848, 480, 1900), (848, 480, 1300), (640, 360, 900), (640, 360, 600), (424, 240, 400)]),
        single("H264 Single Bitrate 1080p", .h264, 1920, 1080, 6750),
        single("H264 Single Bitrate 720p", .h264, 1280, 720, 4500),
        single("H264 Single Bitrate SD", .h264, 848, 480, 2200),
        EncodingPreset(
            name: "H265AdaptiveStreaming", video: VideoRecipe(codec: .hevc, ladder: .adaptive), audio: stereo),
        EncodingPreset(
            name: "H265ContentAwareEncoding", video: VideoRecipe(codec: .hevc, ladder: .contentAware), audio: stereo),
        single("H265 Single Bitrate 4K", .hevc, 3840, 2160, 9500),
        single("H265 Single Bitrate 1080p", .hevc, 1920, 1080, 3500),
        single("H265 Single Bitrate 720p", .hevc, 1280, 720, 1800),
        EncodingPreset(name: "AV1AdaptiveStreaming", video: VideoRecipe(codec: .av1, ladder: .adaptive), audio: stereo),
        EncodingPreset(name: "AACGoodQualityAudio", video: nil, audio: [AudioRecipe(bitrate: 192_000)]),
    ]

    private static let stereo = [AudioRecipe()]

    private static let from720 = [
        (1280, 720, 3400), (960, 540, 2250), (960, 540, 1500), (640, 360, 1000), (640, 360, 650), (320, 180, 400),
    ]

    private static func multiple(_ name: String, _ steps: [(Int, Int, Int)]) -> EncodingPreset {
        let renditions = steps.map { VideoRenditionRecipe(width: $0.0, height: $0.1, bitrate: $0.2 * 1000) }
        return EncodingPreset(name: name, video: VideoRecipe(renditions: renditions), audio: stereo)
    }

    private static func single(
        _ name: String, _ codec: VideoCodec, _ width: Int, _ height: Int, _ kilobits: Int
    ) -> EncodingPreset {
        let rendition = VideoRenditionRecipe(width: width, height: height, bitrate: kilobits * 1000)
        return EncodingPreset(name: name, video: VideoRecipe(codec: codec, renditions: [rendition]), audio: stereo)
    }
}
