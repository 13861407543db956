/// A discovery document (OpenID Connect Discovery 1.0, 3; RFC 8414, 2): of it, who the issuer is and where its keys are.
public struct DiscoveryDocument: Sendable, Hashable {
    /// In bytes: the longest document that is looked at.
    public static let longest = 256 * 1024

    public let issuer: String
    /// `jwks_uri`, not looked at further.
    public let keySet: String

    public init(_ document: [UInt8]) throws(KeySetError) {
        guard document.count <= Self.longest, let members = try? JSONReader.read(document).members else {
            throw KeySetError("not a discovery document: a JSON object")
        }
        guard let issuer = members["issuer"]?.string, !issuer.isEmpty else {
            throw KeySetError("the discovery document names no 'issuer'")
        }
        guard let keySet = members["jwks_uri"]?.string else {
            throw KeySetError("the discovery document has no 'jwks_uri'")
        }
        self.issuer = issuer
        self.keySet = keySet
    }
}
