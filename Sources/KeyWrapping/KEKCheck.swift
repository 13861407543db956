public import ContentKeys
import Crypto
import Foundation

extension KeyWrapping {
    /// Whether a stored key opens under the KEK that it names: asked at start, so that a wrong KEK is found before the
    /// first request. The clear bytes are zeroed at once.
    public func opens(_ key: WrappedContentKey) -> Bool {
        guard let kek = provider.kek(key.kek), let box = try? AES.GCM.SealedBox(combined: key.ciphertext) else {
            return false
        }
        let clear = try? AES.GCM.open(
            box, using: kek.symmetricKey,
            authenticating: Self.associatedData(keyID: key.keyID, type: key.type, kek: key.kek))
        guard var clear else { return false }
        clear.zero()
        return true
    }
}
