public import Policies

/// The labels of keys as usage rules, and back. Pixels are those of SPEKE's examples, at the heights of the labels: up to
/// 1024 × 576, up to 1920 × 1080, more.
extension CPIX.UsageRule {
    private static let sdPixels = 1024 * 576
    private static let hdPixels = 1920 * 1080

    /// The filters and the type of a label.
    public mutating func set(_ label: KeyLabel) {
        video = []
        audio = []
        switch label {
        case .all:
            intendedTrackType = "ALL"
            video = [CPIX.VideoFilter()]
            audio = [CPIX.AudioFilter()]
        case .audio:
            intendedTrackType = "AUDIO"
            audio = [CPIX.AudioFilter()]
        case .video:
            intendedTrackType = "VIDEO"
            video = [CPIX.VideoFilter()]
        case .videoSD:
            intendedTrackType = "SD"
            video = [CPIX.VideoFilter(maxPixels: Self.sdPixels)]
        case .videoHD:
            intendedTrackType = "HD"
            video = [CPIX.VideoFilter(minPixels: Self.sdPixels + 1, maxPixels: Self.hdPixels)]
        case .videoUHD:
            intendedTrackType = "UHD"
            video = [CPIX.VideoFilter(minPixels: Self.hdPixels + 1)]
        }
    }

    /// The label that says the same, or the narrowest that says more; nil when the rule says nothing of tracks.
    public var label: KeyLabel? {
        let types = (intendedTrackType ?? "").uppercased().split(separator: "+").map(Self.label(ofType:))
        if let first = types.first, let first, types.allSatisfy({ $0 == first }) { return first }
        if types.count > 1, types.allSatisfy({ $0?.isVideo == true }) { return .video }
        switch (video.isEmpty, audio.isEmpty) {
        case (true, true): return nil
        case (true, false): return .audio
        case (false, false): return .all
        case (false, true): return Self.label(ofPixels: video)
        }
    }

    /// Of SPEKE's names; others are free, and say nothing to us.
    private static func label(ofType type: Substring) -> KeyLabel? {
        switch type {
        case "ALL": .all
        case "VIDEO": .video
        case "SD": .videoSD
        case "HD": .videoHD
        case "UHD", "UHD1", "UHD2": .videoUHD
        case "AUDIO", "STEREO_AUDIO", "MULTICHANNEL_AUDIO", "MULTICHANNEL_AUDIO_3_6", "MULTICHANNEL_AUDIO_7": .audio
        default: nil
        }
    }

    private static func label(ofPixels filters: [CPIX.VideoFilter]) -> KeyLabel {
        let labels = Set(
            filters.map { filter -> KeyLabel in
                let (least, most) = (filter.minPixels ?? 0, filter.maxPixels ?? .max)
                if most <= sdPixels { return .videoSD }
                if least > sdPixels, most <= hdPixels { return .videoHD }
                return least > hdPixels ? .videoUHD : .video
            })
        return labels.count == 1 ? labels.first ?? .video : .video
    }
}

extension KeyLabel {
    fileprivate var isVideo: Bool { self != .audio && self != .all }
}
