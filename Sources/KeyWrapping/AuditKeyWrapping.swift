public import ContentKeys
import Crypto
import Foundation

/// The key that signs the audit log: Ed25519 (RFC 8032), its private half wrapped under the KEK.
extension KeyWrapping {
    /// A new signing key, wrapped under the current KEK.
    public func makeAuditKey() throws -> (publicKey: [UInt8], kek: KEKVersion, ciphertext: [UInt8]) {
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = Array(key.publicKey.rawRepresentation)
        let kek = provider.current
        var clear = key.rawRepresentation
        defer { clear.zero() }
        let sealed = try clear.withUnsafeBytes { try Self.seal(auditKey: $0, publicKey, under: kek) }
        return (publicKey, kek.version, sealed)
    }

    /// Signs with a wrapped key.
    ///
    /// - Throws: `KEKError` when the KEK is not at hand or the ciphertext does not belong to the public key.
    public func signAudit(
        _ statement: [UInt8], publicKey: [UInt8], kek: KEKVersion, ciphertext: [UInt8]
    ) throws -> [UInt8] {
        try withAuditKey(publicKey: publicKey, kek: kek, ciphertext: ciphertext) { bytes in
            let key = try Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
            return Array(try key.signature(for: statement))
        }
    }

    /// The same signing key, wrapped under another version.
    ///
    /// - Throws: `KEKError` when a version is not at hand or the key does not open.
    public func rewrapAuditKey(
        publicKey: [UInt8], kek: KEKVersion, ciphertext: [UInt8], under version: KEKVersion
    ) throws -> [UInt8] {
        guard let new = provider.kek(version) else {
            throw KEKError("KEK version \(version.rawValue) is not at hand")
        }
        return try withAuditKey(publicKey: publicKey, kek: kek, ciphertext: ciphertext) { bytes in
            try Self.seal(auditKey: bytes, publicKey, under: new)
        }
    }

    private static func seal(
        auditKey bytes: UnsafeRawBufferPointer, _ publicKey: [UInt8], under kek: KEK
    ) throws -> [UInt8] {
        let sealed = try AES.GCM.seal(
            bytes, using: kek.symmetricKey, authenticating: associatedData(auditKey: publicKey, kek: kek.version))
        return Array(sealed.combined ?? Data())
    }

    private func withAuditKey<Result>(
        publicKey: [UInt8], kek version: KEKVersion, ciphertext: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard let kek = provider.kek(version) else {
            throw KEKError(
                "the audit log's signing key is wrapped under KEK version \(version.rawValue), which is not at hand")
        }
        var clear: Data
        do {
            clear = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: ciphertext), using: kek.symmetricKey,
                authenticating: Self.associatedData(auditKey: publicKey, kek: version))
        } catch {
            throw KEKError("the audit log's signing key does not open under KEK version \(version.rawValue)")
        }
        defer { clear.zero() }
        return try clear.withUnsafeBytes(body)
    }

    private static func associatedData(auditKey publicKey: [UInt8], kek: KEKVersion) -> [UInt8] {
        Array("keyway audit key 1\u{0}".utf8) + publicKey + Array("\u{0}\(kek.rawValue)".utf8)
    }
}
