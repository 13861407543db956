import Foundation
public import Hummingbird

/// Tells the access log of every request that the router answers. To be the first middleware, so that it sees the answer
/// that leaves.
public struct AccessLogMiddleware: RouterMiddleware {
    public typealias Context = ServiceRequestContext

    private let log: ListenerAccessLog
    private let clients: ClientAddressRule

    public init(log: ListenerAccessLog, clients: ClientAddressRule) {
        self.log = log
        self.clients = clients
    }

    public func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        log.log.append(
            AccessRecord(
                time: Date(), listener: log.listener, requestID: context.requestID, method: request.method.rawValue,
                target: request.uri.string, status: response.status.code, bytes: response.body.contentLength,
                duration: ContinuousClock.now - start,
                client: clients.client(peer: context.peerAddress, headers: request.headers)))
        return response
    }
}
