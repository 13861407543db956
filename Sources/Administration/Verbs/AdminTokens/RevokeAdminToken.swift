import Catalog

/// Closes an admin token now and for good. Its name stays taken.
public struct RevokeAdminToken: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var revoked: Bool
    }

    public func run(in context: OperatorContext) async throws -> Report {
        do {
            try await context.catalog.apply([
                .revokeAdminToken(name: name, time: context.now()),
                .audit(context.event(.adminTokenRevoked, detail: name)),
            ])
        } catch let error as CatalogError where error.code == .missing {
            throw OperatorError(
                .missing, "there is no admin token \(name.quoted); 'keyway admin token list' lists them")
        }
        return Report(name: name, revoked: true)
    }
}
