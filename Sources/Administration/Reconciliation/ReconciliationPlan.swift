import Catalog
import ContentKeys

/// What applying documents would do. Making one changes nothing.
public struct ReconciliationPlan: Sendable {
    /// In the documents' order, then what is removed.
    public internal(set) var changes: [PlannedChange] = []
    /// What documents ask and the catalog cannot give; a plan with errors is not applied.
    public internal(set) var errors: [DocumentError] = []

    /// What would be removed and is in use, each with its users; a plan with obstacles is not applied.
    public internal(set) var obstacles: [String] = []

    var steps: [Step] = []

    /// One step of an application. Keys are made only then, so that a dry run makes none.
    enum Step: Sendable {
        case change(CatalogChange)
        case createKey(ContentKeyDeclaration)
    }

    /// - Throws: `DocumentsRejected` for errors, `OperatorError` with `inUse` for obstacles.
    public func requireApplicable() throws {
        guard errors.isEmpty else { throw DocumentsRejected(errors.sorted()) }
        guard obstacles.isEmpty else { throw OperatorError(.inUse, obstacles.joined(separator: "\n")) }
    }

    /// Whether there is anything to apply.
    public var isEmpty: Bool { steps.isEmpty }

    /// Whether applying it changes or removes rules that originals are held against, which may let some of them out.
    public var changesRules: Bool {
        changes.contains { $0.kind == .ingestRules && ($0.action == .update || $0.action == .delete) }
    }

    /// Whether applying it makes content keys.
    public var makesKeys: Bool {
        steps.contains { if case .createKey = $0 { true } else { false } }
    }
}

/// Documents that cannot be applied, with every reason.
public struct DocumentsRejected: Error, Sendable, CustomStringConvertible {
    public var errors: [DocumentError]

    public init(_ errors: [DocumentError]) {
        self.errors = errors
    }

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
