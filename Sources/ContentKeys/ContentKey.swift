/// What a content key encrypts. A key serves one type only: keys are never shared between protection schemes.
public enum ContentKeyType: String, Sendable, Hashable, Codable, CaseIterable {
    /// `cenc`: AES-CTR over subsamples (ISO/IEC 23001-7).
    case common
    /// `cbcs`: AES-CBC with a pattern (ISO/IEC 23001-7).
    case commonCbcs = "common-cbcs"
    /// Whole segments: HLS AES-128 (RFC 8216, 4.3.2.4), DASH segment encryption.
    case envelope
    /// Files at rest: AES-256-CTR. Never delivered to anyone.
    case storage

    /// Length of a key in bytes.
    public var keyLength: Int {
        self == .storage ? 32 : 16
    }

    /// Whether such a key may be delivered to a player at all.
    public var isDeliverable: Bool {
        self != .storage
    }
}

/// The bytes of a content key in the clear.
///
/// They live in locked memory that is zeroed when the key is released (`LockedBytes`). The type is not `Codable`, prints
/// redacted, compares in constant time, and gives its bytes only within a scope.
public final class ContentKey: Sendable {
    public let type: ContentKeyType
    private let bytes: LockedBytes

    /// A new key from the system's random generator.
    public static func random(_ type: ContentKeyType) -> ContentKey {
        ContentKey(type, LockedBytes.random(count: type.keyLength))
    }

    /// Copies a key's bytes; nil unless there are as many as the type asks for. The caller zeroes its own copy.
    public convenience init?(_ type: ContentKeyType, copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == type.keyLength, let bytes = LockedBytes(copying: bytes) else { return nil }
        self.init(type, bytes)
    }

    private init(_ type: ContentKeyType, _ bytes: LockedBytes) {
        self.type = type
        self.bytes = bytes
    }

    /// The key's bytes, for the time of the call. They must not be copied out of the scope into memory that is not
    /// itself zeroed, except into the answer of a granted key request.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBytes(body)
    }
}

extension ContentKey: Equatable {
    /// Constant time in the bytes.
    public static func == (left: ContentKey, right: ContentKey) -> Bool {
        guard left.type == right.type else { return false }
        return left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { rightBytes in
                zip(leftBytes, rightBytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
            }
        }
    }
}

extension ContentKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "ContentKey(\(type.rawValue), redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
