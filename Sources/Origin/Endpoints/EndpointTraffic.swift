import BoundedMemory
import Policies
import Synchronization

/// What an endpoint answers just now, and how much each client has asked of it.
final class EndpointTraffic: Sendable {
    private struct State {
        var underWay = 0
        /// Of clients that have any.
        var clients: [IPAddress: Int] = [:]
    }

    let limits: EndpointLimits
    private let rate: RequestRate<IPAddress>?
    private let state = Mutex(State())

    init(_ limits: EndpointLimits) {
        self.limits = limits
        rate = limits.requestsPerSecond.map { RequestRate(perSecond: $0) }
    }

    /// Counts a request of a client.
    func countRequest(of client: IPAddress) throws(EndpointRefusal) {
        if rate?.count(client.site, at: .now) != nil { throw .tooManyRequests }
    }

    /// Counts an answer until what is given back goes; nil where nobody counts.
    func begin(for client: IPAddress) throws(EndpointRefusal) -> EndpointLease? {
        guard limits.connections != nil || limits.connectionsPerClient != nil else { return nil }
        let site = client.site
        let refusal = state.withLock { state -> EndpointRefusal? in
            if let most = limits.connections, state.underWay >= most { return .endpointBusy }
            let own = state.clients[site] ?? 0
            if let most = limits.connectionsPerClient, own >= most { return .tooManyConnections }
            state.underWay += 1
            state.clients[site] = own + 1
            return nil
        }
        if let refusal { throw refusal }
        return EndpointLease { [self] in end(site) }
    }

    private func end(_ site: IPAddress) {
        state.withLock { state in
            state.underWay -= 1
            let left = (state.clients[site] ?? 1) - 1
            state.clients[site] = left > 0 ? left : nil
        }
    }
}

/// An answer that is under way: it is counted until the last who holds this lets go.
public final class EndpointLease: Sendable {
    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    deinit { end() }
}
