public import ContentKeys
import Cryptography

extension ContentKey {
    /// The key's PlayReady checksum under a KID: AES-128, or AES-256 for keys of 32 bytes.
    public func checksum(_ keyID: KeyID) throws -> KeyChecksum? {
        let block = try withUnsafeBytes { try AESBlock.encrypt(keyID.littleEndianBytes, key: $0) }
        return KeyChecksum(bytes: block.prefix(KeyChecksum.size))
    }
}
