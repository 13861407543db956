import Catalog
import ContentKeys

/// Shows a content key, without its bytes.
public struct ShowKey: OperatorVerb {
    /// The key's id or name.
    public var key: String

    public init(key: String) {
        self.key = key
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        var record = try await context.catalog.contentKey(named: key)
        if record == nil, let keyID = KeyID(key) { record = try await context.catalog.contentKey(keyID) }
        guard let record else {
            throw OperatorError(.missing, "there is no key \(key.quoted); 'keyway key list' lists them")
        }
        return KeyReport(record)
    }
}
