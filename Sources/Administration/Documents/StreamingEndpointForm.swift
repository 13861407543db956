public import Policies

/// A streaming endpoint as a document declares it: what is shown, and what can be put back.
public struct StreamingEndpointForm: Codable, Sendable, Hashable {
    public struct Cache: Codable, Sendable, Hashable {
        public var maxAge: String
        public var sharedMaxAge: String?
        public var staleWhileRevalidate: String?
    }

    public struct Limits: Codable, Sendable, Hashable {
        public var requestsPerSecond: Int?
        public var connectionsPerClient: Int?
        public var connections: Int?
    }

    public struct SignedURLs: Codable, Sendable, Hashable {
        public var secret: String
        public var alternate: String?
        public var objects: [String]
        public var checkedAtEdge: Bool
    }

    public var kind: String
    public var name: String
    public var enabled: Bool
    public var hosts: [String]?
    public var allow: [String]?
    public var deny: [String]?
    public var cors: [String]?
    /// By the kinds of objects.
    public var cache: [String: Cache]?
    public var headers: [String: String]?
    public var limits: Limits?
    public var prefetch: Bool
    public var cacheTags: Bool
    public var signedURLs: SignedURLs?

    public init(_ endpoint: StreamingEndpoint) {
        kind = Document.Kind.streamingEndpoint.rawValue
        name = endpoint.name
        enabled = endpoint.isRunning
        hosts = endpoint.hosts.isEmpty ? nil : endpoint.hosts
        allow = endpoint.allow.isEmpty ? nil : endpoint.allow.map(\.description)
        deny = endpoint.deny.isEmpty ? nil : endpoint.deny.map(\.description)
        cors = endpoint.corsOrigins
        if !endpoint.cache.isEmpty {
            cache = Dictionary(endpoint.cache.map { ($0.key.rawValue, Cache($0.value)) }) { first, _ in first }
        }
        if !endpoint.headers.isEmpty {
            headers = Dictionary(endpoint.headers.map { ($0.name, $0.value) }) { first, _ in first }
        }
        if endpoint.limits != EndpointLimits() {
            limits = Limits(
                requestsPerSecond: endpoint.limits.requestsPerSecond,
                connectionsPerClient: endpoint.limits.connectionsPerClient, connections: endpoint.limits.connections)
        }
        prefetch = endpoint.prefetches
        cacheTags = endpoint.tagsAnswers
        signedURLs = endpoint.signedURLs.map {
            SignedURLs(
                secret: $0.secret, alternate: $0.alternate, objects: $0.objects.map(\.rawValue),
                checkedAtEdge: $0.checkedAtEdge)
        }
    }
}

extension StreamingEndpointForm.Cache {
    fileprivate init(_ rule: CacheRule) {
        maxAge = DurationText.text(rule.maxAge)
        sharedMaxAge = rule.sharedMaxAge.map(DurationText.text)
        staleWhileRevalidate = rule.staleWhileRevalidate.map(DurationText.text)
    }
}
