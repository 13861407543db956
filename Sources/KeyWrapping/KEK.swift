public import ContentKeys
import Crypto
import Cryptography
import Synchronization

/// A key-encryption key of one version: 32 bytes in locked memory that is zeroed on release.
public final class KEK: Sendable {
    /// In bytes.
    public static let length = 32

    public let version: KEKVersion
    private let bytes: LockedBytes
    private let prepared = Mutex(Prepared())

    /// A key that opens many is prepared for it; a command that opens one does without.
    private struct Prepared {
        var opened = 0
        var key: PreparedAES256GCM?
        /// What opens after this many.
        static let after = 16
    }

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

    /// Opens what was sealed under the key, as `AES256GCM.open`.
    func open(
        _ sealed: [UInt8], authenticating data: UnsafeRawBufferPointer, into clear: UnsafeMutableRawBufferPointer
    ) throws(CryptographyError) {
        guard let key = preparedKey() else {
            return try withUnsafeBytes { key throws(CryptographyError) in
                try AES256GCM.open(sealed, key: key, authenticating: data, into: clear)
            }
        }
        try key.open(sealed, authenticating: data, into: clear)
    }

    private func preparedKey() -> PreparedAES256GCM? {
        prepared.withLock { prepared in
            if let key = prepared.key { return key }
            guard prepared.opened < Prepared.after else { return nil }
            prepared.opened += 1
            // Once: where it cannot be prepared now, it cannot be later.
            if prepared.opened == Prepared.after { prepared.key = bytes.withUnsafeBytes { PreparedAES256GCM(key: $0) } }
            return prepared.key
        }
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
