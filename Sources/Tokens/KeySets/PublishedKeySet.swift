import Cryptography
import Policies

/// Why a document gives no keys. Names members, never their values.
public struct KeySetError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    /// Whether this is the issuer's word, or ours, that there are no keys: then no older ones stand in for them.
    public var isWithdrawal: Bool

    public init(_ description: String, isWithdrawal: Bool = false) {
        self.description = description
        self.isWithdrawal = isWithdrawal
    }
}

/// The keys that an issuer publishes: a JWK Set (RFC 7517, 5), of which only what verifies signatures is kept.
public struct PublishedKeySet: Sendable {
    /// In bytes: the longest document that is looked at.
    public static let longestDocument = 256 * 1024
    /// More keys than this are no set of verification keys.
    public static let mostKeys = 64

    /// Who publishes it, where a discovery document said so.
    public let issuer: String?
    let keys: [PublishedKey]

    /// How many keys of the document can verify.
    public var count: Int { keys.count }

    /// Keys of kinds and uses that are not for us are left out, as RFC 7517 asks; a set without any usable key is refused.
    public init(document: [UInt8], issuer: String? = nil) throws(KeySetError) {
        guard document.count <= Self.longestDocument else { throw KeySetError("the key set is too long") }
        guard let members = try? JSONReader.read(document).members, case .array(let items) = members["keys"] else {
            throw KeySetError("not a JWK Set: an object with an array 'keys'")
        }
        guard items.count <= Self.mostKeys else { throw KeySetError("more than \(Self.mostKeys) keys") }
        keys = items.compactMap { PublishedKey($0) }
        guard !keys.isEmpty else {
            throw KeySetError("no key of the set can verify a signature", isWithdrawal: true)
        }
        self.issuer = issuer
    }

    /// Whether a key of this fingerprint is among them.
    func holds(_ fingerprint: [UInt8]) -> Bool { keys.contains { $0.key.fingerprint == fingerprint } }

    /// Whether a key has this very name, so that no other key can be meant. Without a name, any may be.
    func publishes(_ name: String?) -> Bool {
        guard let name else { return false }
        return keys.contains { $0.id.isExactly(name) }
    }

    /// The keys that may have signed a token: those with the name that it gives, and those without any.
    func keys(named name: String?) -> [PublishedKey] {
        guard let name else { return keys }
        return keys.filter { $0.id?.isExactly(name) ?? true }
    }
}

/// One key of a set (RFC 7517, 4).
struct PublishedKey: Sendable {
    /// `kid`.
    let id: String?
    /// `alg`, when it is one that this key can verify.
    let declared: SignatureAlgorithm?
    /// Whose tokens it verifies, where a set has keys of several issuers and says so (`issuer`, as Microsoft writes it).
    let issuer: String?
    let key: PublicKey

    /// Nil for a key that is not public, not for signatures, not of a kind that is known, or weak.
    init?(_ value: JSONValue) {
        // With its private half published, a key signs for everyone.
        guard let members = value.members, members["d"] == nil,
            let key = try? JSONWebKey.publicKey({ members[$0]?.string })
        else {
            return nil
        }
        guard Self.isForVerification(members) else { return nil }
        var algorithm: SignatureAlgorithm?
        if let declared = members["alg"] {
            // A key for an algorithm that is not known verifies nothing, rather than something else.
            guard let known = declared.string.flatMap(SignatureAlgorithm.init), known.keyKind == key.kind.algorithmKind
            else { return nil }
            algorithm = known
        }
        id = members["kid"]?.string
        issuer = members["issuer"]?.string
        declared = algorithm
        self.key = key
    }

    /// The algorithms that the key may verify under a policy that names some, or none.
    func algorithms(_ policy: Set<SignatureAlgorithm>) -> Set<SignatureAlgorithm> {
        let kind = key.kind.algorithmKind
        if policy.isEmpty { return [declared ?? kind.usualAlgorithm] }
        return policy.intersection(declared.map { [$0] } ?? kind.algorithms)
    }

    /// `use` and `key_ops` (RFC 7517, 4.2 and 4.3).
    private static func isForVerification(_ members: [String: JSONValue]) -> Bool {
        if let use = members["use"], use.string != "sig" { return false }
        guard let operations = members["key_ops"] else { return true }
        guard case .array(let names) = operations else { return false }
        return names.contains { $0.string == "verify" }
    }
}
