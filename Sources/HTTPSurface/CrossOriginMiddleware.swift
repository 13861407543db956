public import HTTPTypes
public import Hummingbird

/// Adds what a `CrossOriginPolicy` says to every answer, and answers preflights.
public struct CrossOriginMiddleware: RouterMiddleware {
    public typealias Context = ServiceRequestContext

    /// What is shared of the answer to a request, where that is not what is shared of others.
    public typealias Exception = @Sendable (Request) async -> CrossOriginPolicy?

    /// What players set: credentials, conditions, and what they tell of playback (CTA-5004, 2).
    private static let allowedHeaders =
        "Authorization, Content-Type, Range, If-Range, If-None-Match, If-Modified-Since, CMCD-Object, CMCD-Request, "
        + "CMCD-Session, CMCD-Status"

    private let policy: CrossOriginPolicy
    private let exception: Exception?
    private let allowedMethods: String

    public init(policy: CrossOriginPolicy, allowedMethods: [HTTPRequest.Method], exception: Exception? = nil) {
        self.policy = policy
        self.exception = exception
        self.allowedMethods = allowedMethods.map(\.rawValue).joined(separator: ", ")
    }

    public func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        let policy = await exception?(request) ?? policy
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            return Response(status: .noContent, headers: preflight(request, policy))
        }
        var response = try await next(request, context)
        policy.add(to: &response.headers, origin: request.headers[.origin])
        return response
    }

    private func preflight(_ request: Request, _ policy: CrossOriginPolicy) -> HTTPFields {
        var fields = HTTPFields()
        policy.add(to: &fields, origin: request.headers[.origin])
        guard fields[.accessControlAllowOrigin] != nil else { return fields }
        fields[.accessControlAllowMethods] = allowedMethods
        fields[.accessControlAllowHeaders] = Self.allowedHeaders
        fields[.accessControlMaxAge] = "600"
        return fields
    }
}
