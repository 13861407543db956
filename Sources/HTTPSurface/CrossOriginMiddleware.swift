public import HTTPTypes
public import Hummingbird

/// Cross-origin resource sharing (Fetch standard, 3.2). Without credentials: tokens travel in a header that the page
/// sets, so `*` gives no page a right that it did not have.
public struct CrossOriginMiddleware: RouterMiddleware {
    public typealias Context = ServiceRequestContext

    /// The origins allowed; `["*"]` for any.
    private let allowedOrigins: [String]
    private let allowedMethods: String

    public init(allowedOrigins: [String], allowedMethods: [HTTPRequest.Method]) {
        self.allowedOrigins = allowedOrigins
        self.allowedMethods = allowedMethods.map(\.rawValue).joined(separator: ", ")
    }

    public func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            return Response(status: .noContent, headers: preflight(request))
        }
        var response = try await next(request, context)
        for field in sharing(request) { response.headers[field.name] = field.value }
        return response
    }

    private func preflight(_ request: Request) -> HTTPFields {
        var fields = sharing(request)
        guard fields[.accessControlAllowOrigin] != nil else { return fields }
        fields[.accessControlAllowMethods] = allowedMethods
        fields[.accessControlAllowHeaders] = "Authorization, Content-Type, Range, If-None-Match"
        fields[.accessControlMaxAge] = "600"
        return fields
    }

    private func sharing(_ request: Request) -> HTTPFields {
        var fields = HTTPFields()
        if allowedOrigins == ["*"] {
            fields[.accessControlAllowOrigin] = "*"
        } else {
            // The answer depends on the request's origin, so caches must keep one for each.
            fields[.vary] = "Origin"
            guard let origin = request.headers[.origin], allowedOrigins.contains(origin) else { return fields }
            fields[.accessControlAllowOrigin] = origin
        }
        fields[.accessControlExposeHeaders] = "Content-Length, Content-Range, ETag, WWW-Authenticate"
        return fields
    }
}
