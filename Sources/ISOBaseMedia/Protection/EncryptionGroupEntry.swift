/// The `seig` entry of `sgpd`: how a group's samples are protected instead of as `tenc` says (ISO/IEC 23001-7, 6).
public struct EncryptionGroupEntry: Sendable, Hashable {
    public var protection: SampleProtection

    public init(_ protection: SampleProtection) {
        self.protection = protection
    }

    /// Reads the bytes of an entry.
    public init(reading bytes: [UInt8]) throws(BoxError) {
        var input = ByteInput(bytes)
        protection = try SampleProtection(reading: &input)
        guard input.remaining == 0 else { throw BoxError(.trailingBytes(input.remaining), at: input.position) }
    }

    /// The bytes for an entry of `SampleGroupDescriptionBox`.
    public var bytes: [UInt8] {
        var output = ByteOutput(capacity: protection.size)
        protection.write(to: &output)
        return output.bytes
    }
}
