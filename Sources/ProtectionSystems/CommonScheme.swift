/// The scheme of common encryption (ISO/IEC 23001-7, clause 10) that a system's data names.
public enum CommonScheme: String, Sendable, Hashable, CaseIterable {
    case cenc
    case cbcs

    /// The four-character code as a number, as Widevine has it.
    public var code: UInt32 { rawValue.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

    init?(code: UInt64) {
        guard let scheme = Self.allCases.first(where: { UInt64($0.code) == code }) else { return nil }
        self = scheme
    }
}
