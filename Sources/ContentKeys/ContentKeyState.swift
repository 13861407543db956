/// Where a content key is in its life.
public enum ContentKeyState: String, Sendable, Hashable, Codable, CaseIterable {
    case enabled
    /// Given to nobody and used for nothing until it is enabled again.
    case disabled
    /// Like disabled, and removed for good when its waiting period is over, unless it is restored before.
    case pendingDeletion
}
