public import Hummingbird

/// Finds out who the client is, before anything looks at its address.
public struct ClientAddressMiddleware: RouterMiddleware {
    public typealias Context = ServiceRequestContext

    private let rule: ClientAddressRule

    public init(rule: ClientAddressRule) {
        self.rule = rule
    }

    public func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.clientAddress = rule.client(peer: context.peerAddress, headers: request.headers)
        context.isFromTrustedProxy = context.remoteAddress?.policyAddress.map(rule.isTrusted) ?? false
        return try await next(request, context)
    }
}
