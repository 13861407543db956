import Catalog
import ContentKeys

/// Shows a content key, without its bytes.
public struct ShowKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        var record = try await context.catalog.contentKey(named: name)
        if record == nil, let keyID = KeyID(name) { record = try await context.catalog.contentKey(keyID) }
        guard let record else {
            throw OperatorError(.missing, "there is no key \(name.quoted); 'keyway key list' lists them")
        }
        return KeyReport(record)
    }
}
