public import Foundation

/// Whether something is in force: not switched off, and in its time.
public struct Availability: Sendable, Hashable {
    public var isEnabled: Bool
    /// From when on; nil for always.
    public var notBefore: Date?
    /// Until when, this instant excluded; nil for ever.
    public var notAfter: Date?

    public init(isEnabled: Bool = true, notBefore: Date? = nil, notAfter: Date? = nil) {
        self.isEnabled = isEnabled
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// In force without end.
    public static let always = Availability()

    /// Whether an instant lies in the time.
    func covers(_ now: Date) -> Bool {
        if let notBefore, now < notBefore { return false }
        if let notAfter, now >= notAfter { return false }
        return true
    }
}

extension Availability: Codable {
    private enum CodingKeys: String, CodingKey {
        case isEnabled, notBefore, notAfter
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isEnabled = try container.decodeIfPresent(Bool.self, forKey: .isEnabled) ?? true
        notBefore = try container.decodeIfPresent(Date.self, forKey: .notBefore)
        notAfter = try container.decodeIfPresent(Date.self, forKey: .notAfter)
    }
}
