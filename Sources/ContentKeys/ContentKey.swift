import Glibc

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
/// The bytes live in memory of their own that is locked against swapping where the system allows it, left out of core
/// dumps, and zeroed when the key is released. The type is not `Codable`, prints redacted, compares in constant time,
/// and gives its bytes only within a scope.
///
/// `@unchecked Sendable`: the memory is written in the initialisers only and freed when no reference is left.
public final class ContentKey: @unchecked Sendable {
    public let type: ContentKeyType
    private let memory: UnsafeMutableRawBufferPointer

    /// A new key from the system's random generator.
    public static func random(_ type: ContentKeyType) -> ContentKey {
        let key = ContentKey(allocating: type)
        var generator = SystemRandomNumberGenerator()
        for offset in stride(from: 0, to: type.keyLength, by: 8) {
            key.memory.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
        }
        return key
    }

    /// Copies a key's bytes; nil unless there are as many as the type asks for. The caller zeroes its own copy.
    public convenience init?(_ type: ContentKeyType, copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == type.keyLength else { return nil }
        self.init(allocating: type)
        memory.copyMemory(from: bytes)
    }

    private init(allocating type: ContentKeyType) {
        self.type = type
        // A page of its own: locking and the dump flag work on whole pages.
        let page = Int(getpagesize())
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: page, alignment: page)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        // Both are best effort: RLIMIT_MEMLOCK may be small. A key in swap is a loss of defence in depth, not of service.
        _ = mlock(memory.baseAddress, page)
        _ = madvise(memory.baseAddress, page, MADV_DONTDUMP)
    }

    deinit {
        if let base = memory.baseAddress {
            explicit_bzero(base, memory.count)
            munlock(base, memory.count)
            _ = madvise(base, memory.count, MADV_DODUMP)
        }
        memory.deallocate()
    }

    /// The key's bytes, for the time of the call. They must not be copied out of the scope into memory that is not
    /// itself zeroed, except into the answer of a granted key request.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[0..<type.keyLength]))
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
