public import ContentKeys
import Crypto

/// A key-encryption key of one version: 32 bytes in locked memory that is zeroed on release.
public final class KEK: Sendable {
    /// In bytes.
    public static let length = 32

    public let version: KEKVersion
    private let bytes: LockedBytes

    /// Copies a key's bytes; nil unless there are 32. The caller zeroes its own copy.
    public init?(version: KEKVersion, copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.length, let bytes = LockedBytes(copying: bytes) else { return nil }
        self.version = version
        self.bytes = bytes
    }

    /// The key's bytes, for the time of the call.
    func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBytes(body)
    }

    /// The key for one call of swift-crypto, which zeroes its own copy.
    var symmetricKey: SymmetricKey {
        bytes.withUnsafeBytes { SymmetricKey(data: $0) }
    }
}

extension KEK: CustomStringConvertible, CustomReflectable {
    public var description: String { "KEK(version \(version.rawValue), redacted)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
