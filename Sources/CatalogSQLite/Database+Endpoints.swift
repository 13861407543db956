import Catalog
import GRDB
import Policies

extension Database {
    /// Stores an endpoint, unless a request could be two endpoints'.
    func put(_ endpoint: StreamingEndpoint) throws {
        let others = try String.fetchAll(
            self, sql: "SELECT document FROM streamingEndpoint WHERE name <> ?", arguments: [endpoint.name])
        for other in try others.map({ try Column.value(StreamingEndpoint.self, json: $0) }) {
            if let host = endpoint.hosts.first(where: other.hosts.contains) {
                throw CatalogError(.conflict, "endpoint '\(other.name)' answers for the host '\(host)' already")
            }
        }
        try put("streamingEndpoint", endpoint.name, endpoint)
    }
}
