public import Foundation

/// A work that originals are compared with by their sound.
public struct KnownWork: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable, Codable, CaseIterable {
        /// Somebody must decide.
        case flag
        case reject
    }

    /// Unique.
    public var name: String
    /// For people.
    public var title: String?
    /// What follows when an original has it, or a part of it.
    public var action: Action
    /// Chromaprint's items, one for each 0.1238 seconds.
    public var fingerprint: [UInt32]
    public var created: Date

    public init(name: String, title: String? = nil, action: Action, fingerprint: [UInt32], created: Date) {
        self.name = name
        self.title = title
        self.action = action
        self.fingerprint = fingerprint
        self.created = created
    }

    /// Of one work, or one original: twelve hours.
    public static let longestFingerprint = 360_000
    /// In seconds.
    public static let itemDuration = 4096.0 / 3 / 11_025
}
