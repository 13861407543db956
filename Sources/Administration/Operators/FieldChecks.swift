public import Catalog

/// What is wrong with several fields of a verb, gathered so that all of it is said at once. Says what a field should be, and
/// never what a secret one is.
public struct FieldChecks {
    private var problems: [OperatorError.FieldProblem] = []

    public init() {}

    /// Gives what a field stands for; nil when it is refused, which is kept for later.
    ///
    /// - Parameter field: a JSON pointer into the body, or the name of a parameter.
    /// - Throws: whatever `make` throws and is no refusal of what was asked.
    public mutating func value<Value>(_ field: String, _ make: () throws -> Value) throws -> Value? {
        do {
            return try make()
        } catch {
            guard let refusal = OperatorError(meaning: error), refusal.code == .invalid else { throw error }
            problems.append(.init(field, refusal.message))
            return nil
        }
    }

    /// Notes an authorization policy that a field names and that is not there.
    public mutating func notePolicy(
        _ name: String?, at field: String = "/authorizationPolicy", in catalog: any CatalogEngine
    ) async throws {
        guard let name, try await catalog.authorizationPolicy(named: name) == nil else { return }
        problems.append(.init(field, "there is no authorization policy '\(name)'"))
    }

    /// - Throws: `OperatorError` with everything that was noted.
    public func end() throws {
        guard !problems.isEmpty else { return }
        throw OperatorError(.invalid, problems.map(\.detail).joined(separator: "\n"), fields: problems)
    }

    /// The same of one field: a refusal names it.
    static func about<Value>(_ field: String, _ make: () throws -> Value) throws -> Value {
        var checks = FieldChecks()
        let value = try checks.value(field, make)
        try checks.end()
        guard let value else { throw OperatorError(.invalid, "\(field) is refused") }
        return value
    }

    /// The same of a policy that one field names.
    static func requirePolicy(_ name: String?, in catalog: any CatalogEngine) async throws {
        var checks = FieldChecks()
        try await checks.notePolicy(name, in: catalog)
        try checks.end()
    }
}
