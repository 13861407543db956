/// In whose terms a media presentation description is written; segments and addresses are the same.
public enum DASHProfile: Sendable, Hashable, CaseIterable {
    /// ISO/IEC 23000-19.
    case cmaf
    /// The Common Streaming Format, as the reference's `mpd-time-csf` declares it.
    case commonStreaming

    /// MPD@profiles.
    var profiles: String {
        switch self {
        case .cmaf: "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019"
        case .commonStreaming: "urn:mpeg:dash:profile:isoff-live:2011"
        }
    }

    /// AdaptationSet@profiles.
    var setProfiles: String? { self == .commonStreaming ? "ccff" : nil }
}
