public import Administration

/// Holds every verb against the contract before it is done here, so that what is refused for its form is refused in the
/// same words whether a server or this process does it.
public struct ContractedOperator: OperatorInterface {
    private let inner: any OperatorInterface

    public init(_ inner: any OperatorInterface) {
        self.inner = inner
    }

    public func perform<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report {
        if let route = AdminRoutes.all.first(where: { $0.operation == AdminRoute.operation(of: Verb.self) }) {
            _ = try route.verb(try route.request(for: verb))
        }
        return try await inner.perform(verb)
    }
}
