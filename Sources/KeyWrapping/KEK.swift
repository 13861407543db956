public import ContentKeys
import Crypto
import Glibc

/// A key-encryption key of one version: 32 bytes in memory that is locked where the system allows it, left out of core
/// dumps and zeroed on release.
///
/// `@unchecked Sendable`: the memory is written in the initialiser only and freed when no reference is left.
public final class KEK: @unchecked Sendable {
    /// In bytes.
    public static let length = 32

    public let version: KEKVersion
    private let memory: UnsafeMutableRawBufferPointer

    /// Copies a key's bytes; nil unless there are 32. The caller zeroes its own copy.
    init?(version: KEKVersion, copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.length else { return nil }
        self.version = version
        let page = Int(getpagesize())
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: page, alignment: page)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        // Both are best effort, as for content keys.
        _ = mlock(memory.baseAddress, page)
        _ = madvise(memory.baseAddress, page, MADV_DONTDUMP)
        memory.copyMemory(from: bytes)
    }

    deinit {
        if let base = memory.baseAddress {
            explicit_bzero(base, memory.count)
            munlock(base, memory.count)
            _ = madvise(base, memory.count, MADV_DODUMP)
        }
        memory.deallocate()
    }

    /// The key for one call of swift-crypto, which zeroes its own copy.
    var symmetricKey: SymmetricKey {
        SymmetricKey(data: UnsafeRawBufferPointer(rebasing: memory[0..<Self.length]))
    }
}

extension KEK: CustomStringConvertible, CustomReflectable {
    public var description: String { "KEK(version \(version.rawValue), redacted)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
