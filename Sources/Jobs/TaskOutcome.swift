public import Catalog

/// What a task has come to: applied, with its end, in one transaction.
public struct TaskOutcome: Sendable {
    /// For people and for tasks after it.
    public var result: [String: String]
    public var changes: [CatalogChange]

    public init(result: [String: String] = [:], changes: [CatalogChange] = []) {
        self.result = result
        self.changes = changes
    }
}
