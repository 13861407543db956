import Catalog

/// Deletes a named secret; policies that name it then refuse every token.
public struct DeleteSecret: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var name: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard try await context.catalog.secret(named: name) != nil else {
            throw OperatorError(.missing, "there is no secret \(name.quoted)")
        }
        try await context.catalog.apply([
            .deleteSecret(name: name), .audit(context.event(.secretDeleted, detail: name)),
        ])
        return Report(name: name)
    }
}
