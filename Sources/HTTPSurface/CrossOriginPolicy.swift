public import HTTPTypes

/// Which pages may read answers (cross-origin resource sharing; Fetch standard, 3.2). Without credentials: tokens travel
/// in a header that the page sets, so `*` gives no page a right that it did not have.
public struct CrossOriginPolicy: Sendable, Hashable {
    /// The origins allowed; `["*"]` for any.
    public var allowedOrigins: [String]

    public init(allowedOrigins: [String]) {
        self.allowedOrigins = allowedOrigins
    }

    /// Of an origin, what the answer depends on: nil for all that are answered alike.
    public func distinguished(_ origin: String?) -> String? {
        guard !isForAll, let origin, allowedOrigins.contains(origin) else { return nil }
        return origin
    }

    /// Whether every origin is answered alike.
    public var isForAll: Bool { allowedOrigins == ["*"] }

    /// The headers of an answer to a request from an origin; nil for a request that names none.
    public func headers(origin: String?) -> [(name: String, value: String)] {
        let exposed = ("access-control-expose-headers", "Content-Length, Content-Range, ETag, WWW-Authenticate")
        if isForAll { return [("access-control-allow-origin", "*"), exposed] }
        // The answer depends on the request's origin, so caches must keep one for each.
        let varies = ("vary", "Origin")
        guard let origin, allowedOrigins.contains(origin) else { return [varies] }
        return [varies, ("access-control-allow-origin", origin), exposed]
    }

    /// Adds these headers to an answer's own; what it varies with besides stays.
    public func add(to fields: inout HTTPFields, origin: String?) {
        for (name, value) in headers(origin: origin) {
            guard let name = HTTPField.Name(name) else { continue }
            fields[name] = name == .vary ? fields[name].map { "\($0), \(value)" } ?? value : value
        }
    }
}
