/// Why data of a protection system cannot be read or written. Names the format and the defect, never content.
public struct ProtectionSystemError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case pssh
        case widevine = "Widevine data"
        case playReadyObject = "PlayReady Object"
        case playReadyHeader = "WRMHEADER"
        case playReadyChallenge = "PlayReady challenge"
        case widevineChallenge = "Widevine challenge"
    }

    public let format: Format
    public let reason: String

    init(_ format: Format, _ reason: String) {
        self.format = format
        self.reason = reason
    }

    /// One line for the operator.
    public var description: String { "\(format.rawValue): \(reason)" }
}
