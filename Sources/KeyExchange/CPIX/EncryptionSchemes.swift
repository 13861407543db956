public import ContentKeys

extension ContentKeyType {
    /// The type of key that a `commonEncryptionScheme` asks for: a scheme of ISO/IEC 23001-7, or HLS's `AES-128` (CPIX 2.4).
    /// Nil for schemes that keyway has no type for (`cens`, `cbc1`).
    public init?(commonEncryptionScheme scheme: String) {
        switch scheme {
        case "cenc": self = .common
        case "cbcs": self = .commonCbcs
        case "AES-128": self = .envelope
        default: return nil
        }
    }

    /// The scheme by its name in CPIX; nil for keys of storage, which never leave.
    public var commonEncryptionScheme: String? {
        switch self {
        case .common: "cenc"
        case .commonCbcs: "cbcs"
        case .envelope: "AES-128"
        case .storage: nil
        }
    }
}
