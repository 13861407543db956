import Catalog
import Policies

/// An endpoint that was started or stopped.
public struct EndpointStateReport: Codable, Sendable {
    public var name: String
    public var running: Bool
    /// False when it was so before.
    public var changed: Bool
}

/// Lets a streaming endpoint answer again.
public struct StartEndpoint: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> EndpointStateReport {
        try await context.setEndpoint(name, running: true)
    }
}

/// Stops a streaming endpoint: answers that are under way are finished, new requests are told to come again.
public struct StopEndpoint: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> EndpointStateReport {
        try await context.setEndpoint(name, running: false)
    }
}

/// Deletes a streaming endpoint: its hosts are `default`'s from then on, or nobody's.
public struct DeleteEndpoint: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var name: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let endpoint = try await context.endpoint(named: name)
        try await context.catalog.apply([
            .require(.streamingEndpoint(name: name, endpoint)), .deleteStreamingEndpoint(name: name),
            .audit(context.event(.endpointDeleted, detail: name)),
        ])
        return Report(name: name)
    }
}

extension OperatorContext {
    fileprivate func setEndpoint(_ name: String, running: Bool) async throws -> EndpointStateReport {
        let stored = try await endpoint(named: name)
        guard stored.isRunning != running else {
            return EndpointStateReport(name: name, running: running, changed: false)
        }
        var endpoint = stored
        endpoint.isRunning = running
        try await catalog.apply([
            .require(.streamingEndpoint(name: name, stored)), .putStreamingEndpoint(endpoint),
            .audit(event(running ? .endpointStarted : .endpointStopped, detail: name)),
        ])
        return EndpointStateReport(name: name, running: running, changed: true)
    }
}
