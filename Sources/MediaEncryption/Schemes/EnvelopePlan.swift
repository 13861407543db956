/// A whole segment under the envelope scheme: AES-128-CBC with PKCS #7 padding over all of its bytes, as HLS AES-128
/// has it (RFC 8216, 4.3.2.4). The size is known from the clear size alone.
public struct EnvelopePlan: Sendable, Hashable {
    /// Bytes of the segment before encryption.
    public let clearSize: Int
    /// Bytes after it: the next whole number of blocks, since padding is never empty.
    public let size: Int

    /// - Parameter clearSize: of the clear segment, in bytes; nil is returned when it is negative or too large to pad.
    public init?(clearSize: Int) {
        guard clearSize >= 0, clearSize <= Int.max - 16 else { return nil }
        self.clearSize = clearSize
        size = (clearSize / 16 + 1) * 16
    }
}
