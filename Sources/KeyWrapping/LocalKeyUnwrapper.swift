public import ContentKeys
import Foundation
public import Policies

/// Unwraps with KEKs that this process holds: the all-in-one program and the key service.
public struct LocalKeyUnwrapper: KeyUnwrapper {
    private let wrapping: KeyWrapping

    public init(wrapping: KeyWrapping) {
        self.wrapping = wrapping
    }

    public func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
        guard purpose.covers(key) else { throw KeyUnwrapError.purposeMismatch }
        // A version that another process made may have to be fetched; then it is held.
        guard await wrapping.provider.find(key.kek) != nil else { throw KeyUnwrapError.kekUnavailable(key.kek) }
        return try wrapping.open(key)
    }

    public func unwrapNow(_ key: WrappedContentKey, for purpose: UnwrapPurpose) throws -> ContentKey? {
        guard purpose.covers(key) else { throw KeyUnwrapError.purposeMismatch }
        guard let kek = wrapping.provider.kek(key.kek) else { return nil }
        return try wrapping.open(key, under: kek)
    }

    public func hasKEK(of key: WrappedContentKey) -> Bool { wrapping.provider.kek(key.kek) != nil }

    public func findsKEK(of key: WrappedContentKey) async -> Bool { await wrapping.provider.find(key.kek) != nil }

    /// The checksum of a stored key. The key is released before this returns: a checksum needs no proof.
    public func checksum(of key: WrappedContentKey) async throws -> KeyChecksum {
        guard let checksum = try wrapping.open(key).checksum(key.keyID) else {
            throw KeyUnwrapError.authenticationFailed
        }
        return checksum
    }
}

extension KeyWrapping {
    /// Opens a key, or derives it from its seed. Only for callers in this module, who ask for the purpose first.
    ///
    /// - Throws: `KeyUnwrapError`.
    func open(_ key: WrappedContentKey) throws(KeyUnwrapError) -> ContentKey {
        guard let kek = provider.kek(key.kek) else { throw KeyUnwrapError.kekUnavailable(key.kek) }
        return try open(key, under: kek)
    }

    /// The same with the KEK that the key names.
    func open(_ key: WrappedContentKey, under kek: KEK) throws(KeyUnwrapError) -> ContentKey {
        if let seed = key.seed {
            guard let derived = try? derive(key.keyID, from: seed) else { throw KeyUnwrapError.authenticationFailed }
            return derived
        }
        guard let opened = try? Self.open(key, under: kek) else { throw KeyUnwrapError.authenticationFailed }
        return opened
    }
}
