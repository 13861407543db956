import Catalog
import Cryptography
public import Foundation
import Policies

/// Takes back a token, a subject's tokens or an issuer's key, now; for the same thing again, its reason and end change.
public struct AddRevocation: OperatorVerb {
    /// `token`, `token-id`, `subject`, `key` or `key-id`.
    public var kind: String
    /// The name, or the SHA-256 in hexadecimal digits: of a token's signed text, of a public key.
    public var value: String
    /// Only what this issuer says; of any issuer when absent.
    public var issuer: String?
    public var reason: String?
    /// After what time it is forgotten, as `12h` or `30d`; never when absent.
    public var expires: String?

    public init(kind: String, value: String, issuer: String? = nil, reason: String? = nil, expires: String? = nil) {
        self.kind = kind
        self.value = value
        self.issuer = issuer
        self.reason = reason
        self.expires = expires
    }

    public func run(in context: OperatorContext) async throws -> RevocationReport {
        guard let kind = RevocationRecord.Kind(rawValue: kind) else {
            let known = RevocationRecord.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw OperatorError(.invalid, "what is revoked is one of \(known), not \(kind.quoted)")
        }
        let isHash = kind == .token || kind == .key
        guard !isHash || issuer == nil else {
            throw OperatorError(.invalid, "a hash names one \(kind.rawValue) of any issuer: it takes no issuer")
        }
        guard let thing = RevokedThing(kind, value: value, issuer: issuer) else {
            throw OperatorError(
                .invalid,
                isHash
                    ? "a \(kind.rawValue) is revoked by its SHA-256 in 64 hexadecimal digits"
                    : "the name of what is revoked is empty")
        }
        let now = context.now()
        let end = try expires.map { text -> Date in
            guard let seconds = DurationText.seconds(text), seconds > 0 else {
                throw OperatorError(.invalid, "a revocation ends after a duration as 12h or 30d, not \(text.quoted)")
            }
            return now.addingTimeInterval(TimeInterval(seconds))
        }
        let record = RevocationRecord(thing, reason: reason, created: now, expires: end)
        try await context.catalog.apply([
            .putRevocation(record),
            .audit(context.event(.revocationAdded, detail: "\(kind.rawValue), \(record.id)")),
        ])
        return RevocationReport(record)
    }

    /// The name of a public key in PEM, or of a certificate's.
    ///
    /// - Throws: `OperatorError` when there is none.
    public static func fingerprint(ofPEM text: String) throws -> String {
        do {
            return RevokedThing.key(fingerprint: try PublicKey(pem: try PublicKeyPEM(text: text).text).fingerprint)
                .value
        } catch let error as PublicKeyError {
            throw OperatorError(.invalid, "the key file \(error.reason)")
        }
    }
}

/// One revocation.
public struct RevocationReport: Codable, Sendable {
    /// Of the same thing always the same.
    public var id: String
    public var kind: String
    public var value: String
    public var issuer: String?
    public var reason: String?
    public var created: Date
    public var expires: Date?

    init(_ record: RevocationRecord) {
        id = record.id
        kind = record.thing.kind.rawValue
        value = record.thing.value
        issuer = record.thing.issuer
        reason = record.reason
        created = record.created
        expires = record.expires
    }
}
