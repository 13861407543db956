import Catalog
import Policies

/// Lists the streaming endpoints in order of name.
public struct ListEndpoints: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var endpoints: [StreamingEndpointForm]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let endpoints = try await context.catalog.streamingEndpoints().filter { $0.name.isAfter(after) }
        let page = try Paging.cut(endpoints, limit: limit, cursor: \.name)
        return Report(endpoints: page.items.map(StreamingEndpointForm.init), next: page.next)
    }
}

/// Shows a streaming endpoint as a document.
public struct ShowEndpoint: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> StreamingEndpointForm {
        StreamingEndpointForm(try await context.endpoint(named: name))
    }
}

extension OperatorContext {
    /// - Throws: `OperatorError` when there is none.
    func endpoint(named name: String) async throws -> StreamingEndpoint {
        guard let endpoint = try await catalog.streamingEndpoint(named: name) else {
            throw OperatorError(
                .missing, "there is no streaming endpoint \(name.quoted); 'keyway endpoint list' lists them")
        }
        return endpoint
    }
}
