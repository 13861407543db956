import Crypto
public import Foundation
public import Policies

/// An origin that runs alone and asks the key service for content keys, as the catalog holds it: with the hash of the
/// certificate that it shows in TLS.
public struct OriginRecord: Sendable, Hashable {
    /// Unique, also among revoked ones: it names who asked in the audit log.
    @Exact public var name: String
    /// SHA-256 of the certificate's DER.
    public var hash: [UInt8]
    public var created: Date
    /// When it was revoked; nil while it is not.
    public var revoked: Date?

    public init(name: String, hash: [UInt8], created: Date, revoked: Date? = nil) {
        self.name = name
        self.hash = hash
        self.created = created
        self.revoked = revoked
    }

    /// The hash that a certificate is found by.
    public static func hash(certificate der: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: der))
    }
}
