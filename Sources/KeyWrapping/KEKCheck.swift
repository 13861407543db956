public import ContentKeys
import Foundation

extension KeyWrapping {
    /// Whether a stored key opens under the KEK that it names: asked at start, so that a wrong KEK is found before the
    /// first request. The clear bytes are zeroed at once.
    public func opens(_ key: WrappedContentKey) -> Bool {
        guard let kek = provider.kek(key.kek) else { return false }
        return (try? Self.open(key, under: kek)) != nil
    }

    /// As for keys, for a named secret.
    public func opens(secret name: String, kek: KEKVersion, ciphertext: [UInt8]) -> Bool {
        (try? withSecret(named: name, kek: kek, ciphertext: ciphertext) { _ in }) != nil
    }
}
