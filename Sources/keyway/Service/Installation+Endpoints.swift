import Adapters
import Origin

extension Installation {
    /// The streaming endpoints of a server, with the secrets that sign URLs.
    func makeEndpoints() -> StreamingEndpoints {
        StreamingEndpoints(catalog: catalog, watch: watch) { name, body in
            (try? withSecret(named: name) { body($0) }) ?? nil
        }
    }
}
