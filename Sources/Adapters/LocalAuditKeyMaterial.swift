import Catalog
import Foundation
import KeyWrapping

/// The signing key under KEKs that this process holds.
struct LocalAuditKeyMaterial: AuditKeyMaterial {
    let wrapping: KeyWrapping

    func makeAuditKey(at now: Date) throws -> AuditKeyRecord {
        let (bytes, kek, ciphertext) = try wrapping.makeAuditKey()
        guard let publicKey = AuditPublicKey(bytes: bytes) else {
            throw InstallationError("the new signing key of the audit log has no public half of 32 bytes")
        }
        return AuditKeyRecord(publicKey: publicKey, kek: kek, ciphertext: ciphertext, created: now)
    }

    func sign(_ statement: [UInt8], with key: AuditKeyRecord) throws -> [UInt8] {
        try wrapping.signAudit(
            statement, publicKey: key.publicKey.bytes, kek: key.kek, ciphertext: key.ciphertext)
    }
}
