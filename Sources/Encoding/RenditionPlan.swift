import EncoderProtocol
import TrackOutput

/// A video rendition that will be made.
struct PlannedVideo: Hashable {
    var codec: VideoCodec
    /// In pixels, even.
    var width: Int
    var height: Int
    /// In bits per second.
    var bitrate: Int
    var maximumBitrate: Int
    /// Nil: an average bit rate.
    var constantRateFactor: Double?
    /// Nil: the usual one.
    var profile: String?
    /// Of the track.
    var name = ""
}

/// What a recipe means for a source: sizes and bit rates.
struct RenditionPlan {
    /// Largest first.
    private(set) var videos: [PlannedVideo] = []
    private(set) var warnings: [String] = []

    /// - Parameters:
    ///   - frameRate: that is encoded at.
    ///   - bitrateFactor: of the content-aware ladder.
    init(_ recipe: VideoRecipe, source: SourcePicture, frameRate: Rational, bitrateFactor: Double = 1) throws {
        if recipe.ladder == nil {
            listed(recipe, source)
        } else {
            // The encoders after H.264 need fewer bits for the same picture.
            let factor = bitrateFactor * [.h264: 1, .hevc: 0.6, .av1: 0.5][recipe.codec, default: 1]
            // The source's bit rate stays the limit of what the factor makes.
            let limit = source.bitrate.map { Int(Double($0) / bitrateFactor) }
            let rungs = Ladder.adaptive(
                width: source.width, height: source.height, frameRate: frameRate.value, sourceBitrate: limit)
            videos = rungs.map { rung in
                let bitrate = max(16_000, Int(Double(rung.bitrate) * factor / 1000) * 1000)
                return PlannedVideo(
                    codec: recipe.codec, width: rung.width, height: rung.height, bitrate: bitrate,
                    maximumBitrate: bitrate)
            }
        }
        leaveOutWhatEncodersRefuse()
        guard !videos.isEmpty else {
            throw EncodingFailure(
                .notTaken, "its pictures (\(source.width)x\(source.height)) are too small for the codecs of the preset")
        }
        name()
    }

    /// The renditions as they are listed, never larger than the source: of those that would be, the smallest is made in the
    /// source's size, unless one that fits comes near it.
    private mutating func listed(_ recipe: VideoRecipe, _ source: SourcePicture) {
        let fitted = recipe.renditions.map { rendition in
            let isTall = source.height > source.width
            let box =
                isTall && rendition.width > rendition.height
                ? (rendition.height, rendition.width) : (rendition.width, rendition.height)
            let scale = min(Double(box.0) / Double(source.width), Double(box.1) / Double(source.height))
            return (rendition, scale)
        }
        for (rendition, scale) in fitted {
            // Each codec is for other viewers: what one has does not do for another.
            let rivals = fitted.filter { ($0.0.codec ?? recipe.codec) == (rendition.codec ?? recipe.codec) }
            let isCovered = rivals.contains { $0.1 <= 1.02 && $0.1 * $0.1 >= 0.8 }
            let smallest = rivals.filter { $0.1 > 1.02 }.min { ($0.1, $0.0.bitrate) < ($1.1, $1.0.bitrate) }
            if scale > 1.02, isCovered || smallest?.0 != rendition {
                warnings.append(
                    "\(rendition.width)x\(rendition.height) at \(rendition.bitrate / 1000) kbit/s is left out: the source "
                        + "is smaller")
                continue
            }
            let factor = min(scale, 1)
            videos.append(
                PlannedVideo(
                    codec: rendition.codec ?? recipe.codec, width: Ladder.even(Double(source.width) * factor),
                    height: Ladder.even(Double(source.height) * factor), bitrate: rendition.bitrate,
                    maximumBitrate: rendition.maximumBitrate ?? rendition.bitrate,
                    constantRateFactor: rendition.constantRateFactor, profile: rendition.profile))
        }
    }

    private mutating func leaveOutWhatEncodersRefuse() {
        videos.removeAll { video in
            // libx265 takes smaller pictures than a coding tree unit, and writes beyond its memory for them now and then.
            let least = [.h264: 2, .hevc: 64, .av1: 64][video.codec, default: 2]
            guard video.width < least || video.height < least else { return false }
            warnings.append(
                "\(video.width)x\(video.height) is left out: \(video.codec.rawValue) needs \(least) pixels each way")
            return true
        }
    }

    private mutating func name() {
        var taken: Set<String> = []
        for index in videos.indices {
            let video = videos[index]
            let codec = video.codec == .h264 ? "" : "-\(video.codec.rawValue)"
            let stem = "video-\(video.height)p-\(video.bitrate / 1000)k\(codec)"
            var name = stem
            var number = 2
            while !taken.insert(name).inserted {
                name = "\(stem)-\(number)"
                number += 1
            }
            videos[index].name = name
        }
    }
}
