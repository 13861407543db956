import Catalog

/// Gives an origin nothing any more, now and for good; its name stays taken.
public struct RevokeOrigin: OperatorVerb {
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
                .revokeOrigin(name: name, time: context.now()),
                .audit(context.event(.originRevoked, detail: name)),
            ])
        } catch let error as CatalogError where error.code == .missing {
            throw OperatorError(.missing, "there is no origin \(name.quoted); 'keyway origin list' lists them")
        }
        return Report(name: name, revoked: true)
    }
}
