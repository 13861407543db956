/// What a fragment says about a sample's dependencies (ISO/IEC 14496-12, 8.8.3.1).
public struct SampleFlags: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Depends on no other sample.
    public static let sync = SampleFlags(rawValue: 0x0200_0000)
    /// Depends on others; a decoder cannot start here.
    public static let dependent = SampleFlags(rawValue: 0x0101_0000)

    /// A decoder can start here (`sample_is_non_sync_sample` is 0).
    public var isSync: Bool { rawValue & 0x0001_0000 == 0 }

    /// Eight hexadecimal digits.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
