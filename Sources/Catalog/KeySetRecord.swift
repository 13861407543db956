public import Foundation

/// The keys that an issuer published when it was asked last: public keys only, kept over restarts.
public struct KeySetRecord: Sendable, Hashable {
    /// What was asked for, as policies write it: `jwks` or `openid`, and the URL.
    public var kind: String
    public var url: String
    /// Of a discovery document.
    public var issuer: String?
    /// The JWK Set.
    public var document: [UInt8]
    public var fetched: Date

    public init(kind: String, url: String, issuer: String?, document: [UInt8], fetched: Date) {
        self.kind = kind
        self.url = url
        self.issuer = issuer
        self.document = document
        self.fetched = fetched
    }
}
