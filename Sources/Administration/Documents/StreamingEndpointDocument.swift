public import Policies

/// A streaming endpoint as a document declares it.
public struct StreamingEndpointDeclaration: Sendable, Hashable, Codable {
    /// Running, where the document does not say.
    public var endpoint: StreamingEndpoint
    /// Whether the document says that the endpoint runs, or does not.
    public var saysWhetherItRuns: Bool

    public init(_ endpoint: StreamingEndpoint, saysWhetherItRuns: Bool) {
        self.endpoint = endpoint
        self.saysWhetherItRuns = saysWhetherItRuns
    }

    /// What is to be stored where this is stored now.
    func endpoint(over stored: StreamingEndpoint?) -> StreamingEndpoint {
        var endpoint = endpoint
        if !saysWhetherItRuns { endpoint.isRunning = stored?.isRunning ?? true }
        return endpoint
    }
}

/// `kind: StreamingEndpoint`: who may ask the origin, how much, and what caches are told.
extension DocumentNode {
    /// To a year.
    private static let ages = 0...31_536_000
    private static let counts = 1...1_000_000

    func streamingEndpoint(_ references: inout [DocumentReference]) -> StreamingEndpointDeclaration? {
        let known = [
            "kind", "name", "enabled", "hosts", "allow", "deny", "cors", "cache", "headers", "limits", "prefetch",
            "cacheTags", "signedURLs",
        ]
        guard let fields = DocumentFields(self, of: "a StreamingEndpoint", known: known) else { return nil }
        guard let name = fields.required("name")?.name("name") else { return nil }
        var endpoint = StreamingEndpoint(name: name)
        endpoint.isRunning = fields["enabled"]?.flag("enabled") ?? true
        endpoint.hosts = fields["hosts"]?.hostNames() ?? []
        endpoint.allow = fields["allow"]?.addressBlocks("allow") ?? []
        endpoint.deny = fields["deny"]?.addressBlocks("deny") ?? []
        endpoint.corsOrigins = fields["cors"]?.pageOrigins()
        endpoint.cache = fields["cache"]?.cacheRules() ?? [:]
        endpoint.headers = fields["headers"]?.endpointHeaders() ?? []
        endpoint.limits = fields["limits"]?.endpointLimits() ?? EndpointLimits()
        endpoint.prefetches = fields["prefetch"]?.flag("prefetch") ?? false
        endpoint.tagsAnswers = fields["cacheTags"]?.flag("cacheTags") ?? false
        endpoint.signedURLs = fields["signedURLs"]?.signedURLRule(&references)
        if name == StreamingEndpoint.defaultName {
            fields["hosts"]?.report(
                "the endpoint 'default' rules every host that no other one names: it has no 'hosts'")
        } else if fields["hosts"] == nil {
            report("a StreamingEndpoint needs 'hosts', unless its name is 'default'")
        }
        return StreamingEndpointDeclaration(endpoint, saysWhetherItRuns: fields["enabled"] != nil)
    }

    private func hostNames() -> [String]? {
        list("hosts")?.compactMap { item in
            guard let text = item.text("hosts", limit: 253) else { return nil }
            let name = EndpointHost.name(of: text)
            guard EndpointHost.isName(name), name.isExactly(text.lowercased()) else {
                item.report("\(text.quoted) is not a host's name: media.example.com, without scheme, port or '*'")
                return nil
            }
            return name
        }
    }

    /// `cors: [https://player.example]`, or `["*"]`.
    private func pageOrigins() -> [String]? {
        guard let items = list("cors") else { return nil }
        return items.compactMap { item in
            guard let text = item.text("cors", limit: 256) else { return nil }
            if text == "*", items.count == 1 { return text }
            let rest = ["https://", "http://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) }
            guard let rest, !rest.isEmpty, !rest.contains(where: { "/?#@ *".contains($0) }) else {
                item.report(
                    "\(text.quoted) is not an origin as browsers write it: https://player.example, or '*' alone")
                return nil
            }
            return text
        }
    }

    private func cacheRules() -> [EndpointObject: CacheRule]? {
        let kinds = EndpointObject.allCases.map(\.rawValue)
        guard let fields = DocumentFields(self, of: "'cache'", known: kinds) else { return nil }
        return EndpointObject.allCases.reduce(into: [:]) { rules, kind in
            rules[kind] = fields[kind.rawValue]?.cacheRule(kind)
        }
    }

    private func cacheRule(_ kind: EndpointObject) -> CacheRule? {
        let known = ["maxAge", "sharedMaxAge", "staleWhileRevalidate"]
        guard let fields = DocumentFields(self, of: "'\(kind.rawValue)'", known: known),
            let age = fields.required("maxAge")?.duration("maxAge", in: Self.ages)
        else { return nil }
        return CacheRule(
            maxAge: age, sharedMaxAge: fields["sharedMaxAge"]?.duration("sharedMaxAge", in: Self.ages),
            staleWhileRevalidate: fields["staleWhileRevalidate"]?.duration("staleWhileRevalidate", in: Self.ages))
    }

    private func endpointHeaders() -> [EndpointHeader]? {
        guard let pairs = pairs("'headers'") else { return nil }
        guard pairs.count <= EndpointHeader.maximumCount else {
            report("'headers' has at most \(EndpointHeader.maximumCount) fields")
            return nil
        }
        var seen: Set<String> = []
        return pairs.compactMap { name, nameNode, node in
            if !seen.insert(name.lowercased()).inserted { nameNode.report("'headers' names \(name.quoted) twice") }
            guard let value = node.text("headers") else { return nil }
            guard let header = EndpointHeader(name: name, value: value) else {
                nameNode.report(EndpointHeader.problem(name: name, value: value) ?? "not a header")
                return nil
            }
            return header
        }
    }

    private func endpointLimits() -> EndpointLimits? {
        let known = ["requestsPerSecond", "connectionsPerClient", "connections"]
        guard let fields = DocumentFields(self, of: "'limits'", known: known) else { return nil }
        return EndpointLimits(
            requestsPerSecond: fields["requestsPerSecond"]?.number("requestsPerSecond", in: Self.counts),
            connectionsPerClient: fields["connectionsPerClient"]?.number("connectionsPerClient", in: Self.counts),
            connections: fields["connections"]?.number("connections", in: Self.counts))
    }

    private func signedURLRule(_ references: inout [DocumentReference]) -> SignedURLRule? {
        let known = ["secret", "alternate", "objects", "checkedAtEdge"]
        guard let fields = DocumentFields(self, of: "'signedURLs'", known: known),
            let secret = fields.required("secret")?.secretName("secret", &references)
        else { return nil }
        return SignedURLRule(
            secret: secret, alternate: fields["alternate"]?.secretName("alternate", &references),
            objects: fields["objects"]?.choices(EndpointObject.self, "objects") ?? Set(EndpointObject.allCases),
            checkedAtEdge: fields["checkedAtEdge"]?.flag("checkedAtEdge") ?? false)
    }

    private func secretName(_ field: String, _ references: inout [DocumentReference]) -> String? {
        guard let name = name(field) else { return nil }
        references.append(DocumentReference(.secret, name, at: position))
        return name
    }
}
