import Catalog

/// Lets what was revoked be taken again.
public struct RemoveRevocation: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public struct Report: Codable, Sendable {
        public var id: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        do {
            try await context.catalog.apply([
                .deleteRevocation(id: id), .audit(context.event(.revocationRemoved, detail: id)),
            ])
        } catch let error as CatalogError where error.code == .missing {
            throw OperatorError(
                .missing, "there is no revocation \(id.quoted); 'keyway revocation list' lists them")
        }
        return Report(id: id)
    }
}
