import Catalog
import ContentKeys
public import Foundation

/// Makes a random content key, wrapped under the KEK.
public struct CreateKey: OperatorVerb {
    /// `common`, `common-cbcs` or `envelope`; nil for a key of a seed, whose type counts.
    public var type: String?
    public var name: String?
    /// Generated when absent.
    public var keyId: String?
    /// Without one nobody receives the key.
    public var authorizationPolicy: String?
    /// Which tracks it is for.
    public var label: String?
    public var notBefore: Date?
    public var notAfter: Date?
    /// The key seed that it derives from; nil for a random key.
    public var seed: String?

    public init(
        type: String?, name: String?, keyId: String?, authorizationPolicy: String?, label: String? = nil,
        notBefore: Date? = nil, notAfter: Date? = nil, seed: String? = nil
    ) {
        self.label = label
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.seed = seed
        self.type = type
        self.name = name
        self.keyId = keyId
        self.authorizationPolicy = authorizationPolicy
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        try await FieldChecks.requirePolicy(authorizationPolicy, in: context.catalog)
        if let seed {
            guard type == nil else {
                throw OperatorError(.invalid, "a key of a seed has the seed's type: give the type or the seed")
            }
            return try await context.keyOperations().create(fromSeed: seed, try properties(), at: context.now())
        }
        let type = try KeyWords.type(type)
        guard label == nil, notBefore == nil, notAfter == nil else {
            return try await context.keyOperations().create(type, try properties(), at: context.now())
        }
        if let name { try KeyProperties.validate(name: name, of: "key") }
        var record = try await context.makeKey(type, try keyID(), name)
        record.authorizationPolicy = authorizationPolicy
        var event = context.event(.keyCreated, detail: name)
        event.keyID = record.keyID
        event.policy = authorizationPolicy
        try await context.catalog.apply([.insertContentKey(record), .audit(event)])
        return KeyReport(record)
    }

    private func properties() throws -> KeyProperties {
        try KeyWords.properties(
            keyId: keyId, name: name, authorizationPolicy: authorizationPolicy, label: label, notBefore: notBefore,
            notAfter: notAfter)
    }

    private func keyID() throws -> KeyID {
        guard let keyId else { return .random() }
        guard let keyID = KeyID(keyId), keyID.bytes.contains(where: { $0 != 0 }) else {
            throw OperatorError(.invalid, "the key's id is not a UUID, or all zero: \(keyId.quoted)")
        }
        return keyID
    }
}
