public import ContentKeys
import Crypto
import Foundation
public import Policies

/// Unwraps with KEKs that this process holds: the all-in-one program and the key service.
public struct LocalKeyUnwrapper: KeyUnwrapper {
    private let wrapping: KeyWrapping

    public init(wrapping: KeyWrapping) {
        self.wrapping = wrapping
    }

    public func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
        try open(key, for: purpose)
    }

    public func unwrapNow(_ key: WrappedContentKey, for purpose: UnwrapPurpose) throws -> ContentKey? {
        try open(key, for: purpose)
    }

    private func open(_ key: WrappedContentKey, for purpose: UnwrapPurpose) throws -> ContentKey {
        guard purpose.covers(key) else { throw KeyUnwrapError.purposeMismatch }
        guard let kek = wrapping.provider.kek(key.kek) else { throw KeyUnwrapError.kekUnavailable(key.kek) }
        var clear: Data
        do {
            clear = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: key.ciphertext), using: kek.symmetricKey,
                authenticating: KeyWrapping.associatedData(keyID: key.keyID, type: key.type, kek: key.kek))
        } catch {
            throw KeyUnwrapError.authenticationFailed
        }
        defer { clear.zero() }
        guard let contentKey = clear.withUnsafeBytes({ ContentKey(key.type, copying: $0) }) else {
            throw KeyUnwrapError.authenticationFailed
        }
        return contentKey
    }
}
