public import Administration

/// Holds every verb against the contract before it is done here, so that what is refused for its form is refused in the
/// same words whether a server or this process does it.
public struct ContractedOperator: OperatorInterface {
    private let inner: any OperatorInterface

    public init(_ inner: any OperatorInterface) {
        self.inner = inner
    }

    public func perform<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report {
        try judge(verb)
        return try await inner.perform(verb)
    }

    public func begin<Verb: LongVerb>(_ verb: Verb) async throws -> OperationReport {
        try judge(verb)
        return try await inner.begin(verb)
    }

    private func judge<Verb: OperatorVerb>(_ verb: Verb) throws {
        guard let route = AdminRoutes.all.first(where: { $0.operation == AdminRoute.operation(of: Verb.self) }) else {
            return
        }
        _ = try route.verb(try route.request(for: verb))
    }
}
