import Catalog
import Policies

/// Lists the transforms in order of name, with those that are built in.
public struct ListTransforms: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var name: String
        public var description: String?
        /// Whether there is no document of it.
        public var builtIn: Bool
        /// The tasks' names.
        public var tasks: [String]
    }

    public struct Report: PagedReport {
        public var transforms: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let declared = try await context.catalog.transforms().map { ($0, false) }
        let all = (declared + Transform.builtIn.map { ($0, true) }).sorted { $0.0.name < $1.0.name }
        let page = try Paging.cut(all.filter { $0.0.name.isAfter(after) }, limit: limit, cursor: { $0.0.name })
        return Report(
            transforms: page.items.map { transform, builtIn in
                Item(
                    name: transform.name, description: transform.description, builtIn: builtIn,
                    tasks: transform.tasks.map(\.name))
            }, next: page.next)
    }
}

/// Shows a transform as a document.
public struct ShowTransform: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> TransformForm {
        TransformForm(try await context.transform(named: name))
    }
}

/// What became of a transform that was put.
public struct TransformPutReport: TaggedReport {
    /// `create`, `update` or `unchanged`.
    public var change: String
    public var transform: TransformForm

    public var entityTag: String? { transform.entityTag }
    public var isCreated: Bool { change == PlannedChange.Action.create.rawValue }
}

extension TransformForm: TaggedReport {
    public var entityTag: String? { try? EntityTag.of(self) }
}

/// Stores a transform under its name, whatever was there before. Jobs that were submitted go on with what they were
/// submitted with.
public struct PutTransform: OperatorVerb {
    public var name: String
    /// A document in YAML or JSON; `kind` and `name` may be left out.
    public var document: String
    public var ifMatch: String?
    public var ifNoneMatch: String?

    public init(name: String, document: String, ifMatch: String? = nil, ifNoneMatch: String? = nil) {
        self.name = name
        self.document = document
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    public func run(in context: OperatorContext) async throws -> TransformPutReport {
        let read = try await PolicyDocumentReading(kind: .transform, name: name)
            .read(document, catalog: context.catalog)
        guard case .transform(let transform) = read else { throw PolicyDocumentReading.otherKind }
        let stored = try await context.catalog.transform(named: name)
        let precondition = Precondition(ifMatch: ifMatch, ifNoneMatch: ifNoneMatch)
        try precondition.check(stored.flatMap { TransformForm($0).entityTag }, of: "transform '\(name)'")
        let change = PlannedChange.Action(from: stored, to: transform)
        if change != .unchanged {
            var changes: [CatalogChange] = [
                .pipeline(.putTransform(transform)),
                .audit(context.event(.policySet, detail: "\(change.rawValue) Transform \(name)")),
            ]
            if !precondition.isEmpty { changes.insert(.require(.transform(name: name, stored)), at: 0) }
            try await context.catalog.apply(changes)
        }
        return TransformPutReport(change: change.rawValue, transform: TransformForm(transform))
    }
}

/// Deletes a transform. Jobs that were submitted carry their tasks with them, and go on.
public struct DeleteTransform: OperatorVerb {
    public var name: String
    public var ifMatch: String?

    public init(name: String, ifMatch: String? = nil) {
        self.name = name
        self.ifMatch = ifMatch
    }

    public func run(in context: OperatorContext) async throws -> PolicyDeletion {
        guard !Transform.builtIn.contains(where: { $0.name == name }) else {
            throw OperatorError(.conflict, "the transform '\(name)' is built in: it cannot be deleted")
        }
        let stored = try await context.transform(named: name)
        try Precondition(ifMatch: ifMatch).check(TransformForm(stored).entityTag, of: "transform '\(name)'")
        var changes: [CatalogChange] = [
            .pipeline(.deleteTransform(name: name)),
            .audit(context.event(.policyDeleted, detail: "Transform \(name)")),
        ]
        if ifMatch != nil { changes.insert(.require(.transform(name: name, stored)), at: 0) }
        try await context.catalog.apply(changes)
        return PolicyDeletion(kind: Document.Kind.transform.rawValue, name: name)
    }
}

extension OperatorContext {
    /// - Throws: `OperatorError` when there is none.
    func transform(named name: String) async throws -> Transform {
        if let transform = Transform.builtIn.first(where: { $0.name == name }) { return transform }
        guard let transform = try await catalog.transform(named: name) else {
            throw OperatorError(
                .missing, "there is no transform \(name.quoted); 'keyway transform list' lists them")
        }
        return transform
    }
}
