import Catalog

/// Brings the catalog to what documents declare: all of them in one transaction, or nothing.
public struct ApplyDocuments: OperatorVerb {
    public var files: [DocumentSource]
    /// Whether policies that no document declares are removed.
    public var prune: Bool?
    /// Whether only to say what would change.
    public var dryRun: Bool?

    public init(files: [DocumentSource], prune: Bool, dryRun: Bool) {
        self.files = files
        self.prune = prune
        self.dryRun = dryRun
    }

    public struct Report: Codable, Sendable {
        public var changes: [PlannedChange]
        public var applied: Bool
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let loaded = DocumentLoader.parse(files, keySetHosts: context.keySetHosts)
        let reconciliation = Reconciliation(
            catalog: context.catalog, makeKey: context.makeKey, actor: context.actor)
        let plan = try await reconciliation.plan(DocumentSet(loaded.documents), prune: prune ?? false)
        let errors = (loaded.errors + plan.errors).sorted()
        guard errors.isEmpty else { throw DocumentsRejected(errors) }
        try plan.requireApplicable()
        let isDryRun = dryRun ?? false
        if !isDryRun {
            if plan.changesRules { try context.require(.keyAdmin, to: "change or delete the rules of quarantine") }
            if plan.makesKeys { try context.require(.keyAdmin, to: "make content keys") }
            try await reconciliation.apply(plan, at: context.now())
        }
        return Report(changes: plan.changes, applied: !isDryRun)
    }
}
