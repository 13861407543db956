public import ContentKeys

/// How a file's bytes lie in storage.
public enum StorageForm: Sendable {
    /// Under a storage key, with a nonce that no other file under that key has.
    case encrypted(ContentKey, nonce: UInt64)
    /// As they are.
    case clear

    /// Nil for the clear.
    ///
    /// - Throws: `MediaStorageError` unless the key is of type `storage`.
    public func cipher() throws -> StorageCipher? {
        switch self {
        case .encrypted(let key, let nonce): try StorageCipher(key: key, nonce: nonce)
        case .clear: nil
        }
    }
}

extension MediaStorage {
    /// Opens a file for ranged reads of what it means, decrypted where it is encrypted. A file in the clear is read as it
    /// lies.
    ///
    /// - Parameter verifying: the SHA-256 of the file's tags, when each read is to be held against them; nil for reads that
    ///   trust the disk.
    public func open(
        _ file: StoredFile, form: StorageForm, verifying tagsDigest: [UInt8]? = nil
    ) throws -> any MediaReader {
        var reader = try open(file)
        if let tagsDigest { reader = try VerifyingReader(reader, of: file, form: form, tagsDigest, in: self) }
        guard let cipher = try form.cipher() else { return reader }
        return DecryptingReader(reader, cipher: cipher)
    }
}
