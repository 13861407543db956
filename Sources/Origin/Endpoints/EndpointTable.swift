public import Policies

/// Endpoints by the hosts that they answer for.
struct EndpointTable: Sendable {
    private var hosts: [String: EndpointRules] = [:]
    private var fallback: EndpointRules?

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
}
