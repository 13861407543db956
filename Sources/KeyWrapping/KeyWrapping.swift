public import ContentKeys
import Crypto
import Cryptography
import Foundation
import Glibc

/// Wraps content keys and named secrets under a KEK: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. The
/// associated data bind a ciphertext to what it is: its use, KID or name, type and KEK version.
public struct KeyWrapping: Sendable {
    let provider: any KEKProvider

    public init(provider: any KEKProvider) {
        self.provider = provider
    }

    /// Wraps a content key under the current KEK.
    public func wrap(_ key: ContentKey, keyID: KeyID) throws -> WrappedContentKey {
        let kek = provider.current
        return try key.withUnsafeBytes { try Self.seal($0, keyID, key.type, under: kek) }
    }

    /// Opens a content key. Every key request does, so it goes without the copies that swift-crypto makes.
    ///
    /// - Throws: `CryptographyError` for a ciphertext that was not made for this key under this KEK.
    static func open(_ key: WrappedContentKey, under kek: KEK) throws(CryptographyError) -> ContentKey {
        let count = key.type.keyLength
        let opened = try withAssociatedData(keyID: key.keyID, type: key.type, kek: key.kek) {
            data throws(CryptographyError) -> ContentKey? in
            try withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) {
                clear throws(CryptographyError) -> ContentKey? in
                defer { cleanse(clear) }
                try kek.open(key.ciphertext, authenticating: data, into: clear)
                return ContentKey(key.type, copying: UnsafeRawBufferPointer(clear))
            }
        }
        guard let opened else { throw CryptographyError("AES-256-GCM") }
        return opened
    }

    static func seal(_ bytes: UnsafeRawBufferPointer, _ keyID: KeyID, _ type: ContentKeyType, under kek: KEK) throws
        -> WrappedContentKey
    {
        let sealed = try withAssociatedData(keyID: keyID, type: type, kek: kek.version) { data in
            try AES.GCM.seal(bytes, using: kek.symmetricKey, authenticating: data)
        }
        return WrappedContentKey(
            keyID: keyID, type: type, kek: kek.version, ciphertext: Array(sealed.combined ?? Data()))
    }

    /// Use, KID, type and KEK version, for the time of the call. Put together in place: every key request needs them.
    private static func withAssociatedData<Result, Failure: Error>(
        keyID: KeyID, type: ContentKeyType, kek: KEKVersion,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (use, type, version) = ("keyway content key 1\u{0}", type.rawValue, String(kek.rawValue))
        let count = use.utf8.count + KeyID.textLength + 1 + type.utf8.count + 1 + version.utf8.count
        return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { data throws(Failure) -> Result in
            var end = 0
            data.add(use.utf8, at: &end)
            keyID.withText { data.add($0, at: &end) }
            data.add(CollectionOfOne(0), at: &end)
            data.add(type.utf8, at: &end)
            data.add(CollectionOfOne(0), at: &end)
            data.add(version.utf8, at: &end)
            return try body(UnsafeRawBufferPointer(data))
        }
    }

    /// Wraps a named secret under the current KEK. The caller zeroes its own copy of the value.
    public func wrapSecret(_ value: [UInt8], name: String) throws -> (kek: KEKVersion, ciphertext: [UInt8]) {
        let kek = provider.current
        return (kek.version, try value.withUnsafeBytes { try Self.seal(secret: $0, name, under: kek) })
    }

    static func seal(secret value: UnsafeRawBufferPointer, _ name: String, under kek: KEK) throws -> [UInt8] {
        let sealed = try AES.GCM.seal(
            value, using: kek.symmetricKey, authenticating: associatedData(secret: name, kek: kek.version))
        return Array(sealed.combined ?? Data())
    }

    /// Gives a named secret's value for the time of a call, and zeroes it after.
    ///
    /// - Throws: `KEKError` when the KEK is not at hand or the ciphertext was not made for this name.
    public func withSecret<Result>(
        named name: String, kek version: KEKVersion, ciphertext: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard let kek = provider.kek(version) else {
            throw KEKError("secret '\(name)' is wrapped under KEK version \(version.rawValue), which is not at hand")
        }
        let count = max(ciphertext.count - AES256GCM.nonceSize - AES256GCM.tagSize, 0)
        return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { clear in
            defer { cleanse(clear) }
            do {
                try Self.associatedData(secret: name, kek: version).withUnsafeBytes {
                    try kek.open(ciphertext, authenticating: $0, into: clear)
                }
            } catch {
                throw KEKError("secret '\(name)' does not open under KEK version \(version.rawValue)")
            }
            return try body(UnsafeRawBufferPointer(clear))
        }
    }

    private static func associatedData(secret name: String, kek: KEKVersion) -> [UInt8] {
        Array("keyway secret 1\u{0}\(name)\u{0}\(kek.rawValue)".utf8)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Puts bytes at a place, which moves behind them.
    fileprivate func add(_ part: some Collection<UInt8>, at place: inout Int) {
        UnsafeMutableRawBufferPointer(rebasing: self[place...]).copyBytes(from: part)
        place += part.count
    }
}

extension Data {
    /// Overwrites the bytes in a way that is not optimised away.
    mutating func zero() {
        withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        }
    }
}
