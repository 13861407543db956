public import Foundation
public import Policies

/// An encryptor as the catalog holds it, with the hash of its token or certificate. A token itself is shown once, when it
/// is made.
public struct EncryptorRecord: Sendable, Hashable {
    /// Its name is unique, also among revoked ones: it names who asked in the audit log.
    public var encryptor: Encryptor
    /// SHA-256 of the token, or of the certificate's DER. A token has 256 random bits, so a plain hash tells nothing of it.
    public var hash: [UInt8]
    public var created: Date
    /// Nil for a token that does not expire.
    public var expires: Date?
    /// When it was revoked; nil while it is not.
    public var revoked: Date?

    public init(encryptor: Encryptor, hash: [UInt8], created: Date, expires: Date? = nil, revoked: Date? = nil) {
        self.encryptor = encryptor
        self.hash = hash
        self.created = created
        self.expires = expires
        self.revoked = revoked
    }

    public var name: String { encryptor.name }

    /// Whether the token opens anything at a time.
    public func isValid(at now: Date) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true
    }
}
