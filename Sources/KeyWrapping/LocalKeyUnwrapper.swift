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
        guard let kek = await wrapping.provider.find(key.kek) else { throw KeyUnwrapError.kekUnavailable(key.kek) }
        guard var clear = try? KeyWrapping.open(key, under: kek) else { throw KeyUnwrapError.authenticationFailed }
        defer { clear.zero() }
        guard let contentKey = clear.withUnsafeBytes({ ContentKey(key.type, copying: $0) }) else {
            throw KeyUnwrapError.authenticationFailed
        }
        return contentKey
    }
}
