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
