import Catalog
import Policies

/// Closes a locator now; every URL under it answers 404.
public struct RevokeLocator: OperatorVerb {
    public var locator: String

    public init(locator: String) {
        self.locator = locator
    }

    public struct Report: Codable, Sendable {
        public var locator: String
        public var revoked: Bool
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let id = LocatorID(locator) else {
            throw OperatorError(.invalid, "\(locator.quoted) is not a locator id (a UUID in lower case)")
        }
        guard try await context.catalog.locator(id) != nil else {
            throw OperatorError(.missing, "there is no locator \(id); 'keyway locator list' lists them")
        }
        try await context.catalog.apply([
            .revokeLocator(id), .audit(context.event(.locatorRevoked, detail: id.description)),
        ])
        return Report(locator: id.description, revoked: true)
    }
}
