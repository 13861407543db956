public import MediaModel

/// Names the tracks that share a content key.
public enum KeyLabel: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every track of pictures or sound: the label of a policy that names none. Text and still pictures
    /// have no key.
    case all
    case audio
    /// Every video track that no narrower label covers.
    case video
    /// Up to 576 lines.
    case videoSD = "video-sd"
    /// 577 to 1080 lines.
    case videoHD = "video-hd"
    /// More than 1080 lines.
    case videoUHD = "video-uhd"

    /// The label of `labels` that covers a track: the narrowest one; nil when none does, in which case the asset must
    /// not be published under the policy.
    public static func covering(_ track: TrackDescription, among labels: Set<KeyLabel>) -> KeyLabel? {
        guard track.kind.isMedia else { return nil }
        guard !labels.isEmpty else { return .all }
        return candidates(for: track).first(where: labels.contains)
    }

    private static func candidates(for track: TrackDescription) -> [KeyLabel] {
        switch track.kind {
        case .audio: return [.audio, .all]
        case .text, .image: return []
        case .video:
            let height = track.video?.height ?? 0
            return [height <= 576 ? .videoSD : height <= 1080 ? .videoHD : .videoUHD, .video, .all]
        }
    }
}
