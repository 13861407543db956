/// Why a track or a segment cannot become a transport stream.
public struct TransportStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of the failure; stable.
    public enum Code: String, Sendable, Hashable {
        /// The track's codec or configuration has no form in a transport stream here.
        case unsupportedTrack
        /// There is no segment of this number.
        case noSuchSegment
        /// A sample's bytes contradict its size in the index, or are more or fewer than the plan counted on.
        case damagedSample
    }

    /// What class of failure it is.
    public let code: Code
    /// What was read and what is wrong with it, for the operator.
    public let reason: String

    /// One line for the operator.
    public var description: String { "transport stream: \(reason)" }

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
