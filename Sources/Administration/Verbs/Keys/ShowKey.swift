import Catalog

/// Shows a content key, without its bytes.
public struct ShowKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        guard let record = try await context.catalog.contentKey(called: name) else {
            throw OperatorError(.missing, "there is no key \(name.quoted); 'keyway key list' lists them")
        }
        return KeyReport(record)
    }
}
