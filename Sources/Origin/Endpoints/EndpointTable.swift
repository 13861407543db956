public import Policies

/// Endpoints by the hosts that they answer for. Where there are any, a host that none of them is for is refused: whoever asks
/// chooses what `Host` says, and must not come past their rules by it.
struct EndpointTable: Sendable {
    private var hosts: [String: EndpointRules] = [:]
    private var fallback = EndpointRules.ofUnknownHosts

    let isEmpty: Bool

    init(_ rules: [EndpointRules]) {
        isEmpty = rules.isEmpty
        for rule in rules {
            if rule.endpoint.name.isExactly(StreamingEndpoint.defaultName) { fallback = rule }
            for host in rule.endpoint.hosts { hosts[host] = rule }
        }
    }

    /// - Parameter authority: as a request has it.
    func rules(of authority: String?) -> EndpointRules? {
        guard !isEmpty else { return nil }
        return authority.flatMap { hosts[EndpointHost.name(of: $0)] } ?? fallback
    }
}

/// An endpoint, and what it answers just now.
public struct EndpointRules: Sendable {
    public let endpoint: StreamingEndpoint
    let traffic: EndpointTraffic
    /// Whether they let nobody in, since they stand for hosts that no endpoint is for.
    let isOfUnknownHosts: Bool

    init(endpoint: StreamingEndpoint, traffic: EndpointTraffic) {
        self.init(endpoint, traffic, isOfUnknownHosts: false)
    }

    private init(_ endpoint: StreamingEndpoint, _ traffic: EndpointTraffic, isOfUnknownHosts: Bool) {
        self.endpoint = endpoint
        self.traffic = traffic
        self.isOfUnknownHosts = isOfUnknownHosts
    }

    static let ofUnknownHosts = EndpointRules(
        StreamingEndpoint(name: ""), EndpointTraffic(EndpointLimits()), isOfUnknownHosts: true)
}
