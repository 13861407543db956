/// A running origin, as players see it: who may ask, how much, and how long caches keep what they get.
///
/// The endpoint of a request is the one that names its host. `default` rules all hosts that no other one names. Without any
/// endpoint, everything is answered.
public struct StreamingEndpoint: Sendable, Hashable, Codable {
    /// The name of the endpoint that rules every host that no other one names.
    public static let defaultName = "default"

    @Exact public var name: String
    /// A stopped one answers 503.
    public var isRunning: Bool
    /// In small letters, without ports; none for `default`.
    @Exact public var hosts: [String]
    /// Who may ask; none for everybody.
    public var allow: [AddressBlock]
    /// Who may not, whatever `allow` says.
    public var deny: [AddressBlock]
    /// Pages that may read answers, or `*` alone; nil leaves it to the server's configuration.
    @Exact public var corsOrigins: [String]?
    /// What caches are told; kinds that are not here are told the usual.
    public var cache: [EndpointObject: CacheRule]
    /// Further fields of every answer.
    public var headers: [EndpointHeader]
    public var limits: EndpointLimits
    /// Whether answers with a segment name the one that follows it.
    public var prefetches: Bool
    /// Whether answers carry tags by which caches can be purged.
    public var tagsAnswers: Bool
    /// Nil where URLs need no signature.
    public var signedURLs: SignedURLRule?

    public init(
        name: String, isRunning: Bool = true, hosts: [String] = [], allow: [AddressBlock] = [],
        deny: [AddressBlock] = [], corsOrigins: [String]? = nil, cache: [EndpointObject: CacheRule] = [:],
        headers: [EndpointHeader] = [], limits: EndpointLimits = EndpointLimits(), prefetches: Bool = false,
        tagsAnswers: Bool = false, signedURLs: SignedURLRule? = nil
    ) {
        self.name = name
        self.isRunning = isRunning
        self.hosts = hosts
        self.allow = allow
        self.deny = deny
        self.corsOrigins = corsOrigins
        self.cache = cache
        self.headers = headers
        self.limits = limits
        self.prefetches = prefetches
        self.tagsAnswers = tagsAnswers
        self.signedURLs = signedURLs
    }

    /// Whether an address may ask.
    public func admits(_ address: IPAddress) -> Bool {
        guard !deny.contains(where: { $0.contains(address) }) else { return false }
        return allow.isEmpty || allow.contains { $0.contains(address) }
    }
}

/// A kind of object that an origin serves.
public enum EndpointObject: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    /// What a player begins with: a multivariant playlist, a media presentation description, a client manifest.
    case manifest
    /// A media or I-frame playlist of HLS.
    case playlist
    case initialization = "init"
    case segment
    /// A whole file of MP4, or the poster, whose address outlives the asset's versions.
    case progressive
}

/// What caches are told of one kind of object (RFC 9111, 5.2.2; RFC 5861, 3). In seconds.
public struct CacheRule: Sendable, Hashable, Codable {
    public var maxAge: Int
    /// Of shared caches; nil for the same.
    public var sharedMaxAge: Int?
    /// How long a stale answer may be given while a new one is fetched.
    public var staleWhileRevalidate: Int?

    public init(maxAge: Int, sharedMaxAge: Int? = nil, staleWhileRevalidate: Int? = nil) {
        self.maxAge = maxAge
        self.sharedMaxAge = sharedMaxAge
        self.staleWhileRevalidate = staleWhileRevalidate
    }
}

/// How much an endpoint answers. Nil: as much as it can.
public struct EndpointLimits: Sendable, Hashable, Codable {
    /// For each client address, with a burst of two seconds' worth.
    public var requestsPerSecond: Int?
    /// Answers under way for each client address.
    public var connectionsPerClient: Int?
    /// Answers under way.
    public var connections: Int?

    public init(requestsPerSecond: Int? = nil, connectionsPerClient: Int? = nil, connections: Int? = nil) {
        self.requestsPerSecond = requestsPerSecond
        self.connectionsPerClient = connectionsPerClient
        self.connections = connections
    }
}

/// Which objects need a signature in their URL or in a cookie, and under which secrets.
public struct SignedURLRule: Sendable, Hashable, Codable {
    /// A named secret.
    @Exact public var secret: String
    /// Another one that is taken as well, while one takes the other's place.
    @Exact public var alternate: String?
    /// In one order, each once.
    public let objects: [EndpointObject]
    /// Whether the caches in front hold every request against its signature themselves, so that they may keep objects for
    /// their whole time.
    public var checkedAtEdge: Bool

    public init(
        secret: String, alternate: String? = nil, objects: Set<EndpointObject> = Set(EndpointObject.allCases),
        checkedAtEdge: Bool = false
    ) {
        self.secret = secret
        self.alternate = alternate
        self.objects = EndpointObject.allCases.filter(objects.contains)
        self.checkedAtEdge = checkedAtEdge
    }
}
